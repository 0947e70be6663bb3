using System.Globalization;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>Cost and outcome of reading from a token memory, for one answer.</summary>
/// <param name="Mode">How it was read, as <see cref="IReadingMode.Name"/> says it.</param>
/// <param name="IsWhole">Whether all of the token memory stood in the window, as if it had been the prompt.</param>
/// <param name="Tokens">Tokens of the token memory.</param>
/// <param name="Bytes">Bytes of their keys and values.</param>
/// <param name="Selection">Time that selecting spans took.</param>
/// <param name="Searches">Time that each layer took to search by itself; 0 of layers that do not.</param>
/// <param name="Elapsed">Time since reading began.</param>
/// <param name="Spans">The spans that were read, in the order of the token memory, with the share of attention that
/// went to each.</param>
public sealed record ReadingReport(
    string Mode,
    bool IsWhole,
    long Tokens,
    long Bytes,
    TimeSpan Selection,
    IReadOnlyList<TimeSpan> Searches,
    TimeSpan Elapsed,
    IReadOnlyList<AttendedSpan> Spans
)
{
    /// <summary>Time of finding what to read: selection and searches.</summary>
    public TimeSpan Retrieval => Searches.Aggregate(Selection, (sum, one) => sum + one);

    /// <summary>The share of the time that retrieval took, 0 to 1.</summary>
    public double TimeShare => Elapsed > TimeSpan.Zero ? Retrieval / Elapsed : 0;

    /// <summary>The share of attention that went to the token memory, 0 to 1.</summary>
    public double MemoryAttention => Spans.Sum(span => span.Share);

    /// <summary>The share of attention that went to the local window, 0 to 1.</summary>
    public double LocalAttention => 1 - MemoryAttention;

    /// <summary>One line for a log.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Mode}{(IsWhole ? ", whole" : "")}: {Spans.Sum(span => (long)span.Span.Count)} of {Tokens} tokens "
                + $"({Bytes} bytes) in {Spans.Count} spans; retrieval {Retrieval.TotalMilliseconds:F1} ms{Layers}, "
                + $"{TimeShare:P1} of {Elapsed.TotalMilliseconds:F1} ms; attention {MemoryAttention:P1} memory, "
                + $"{LocalAttention:P1} local"
        );

    /// <summary>The times of the layers that search by themselves.</summary>
    private string Layers
    {
        get
        {
            var times = Searches
                .Select((time, layer) => (time, layer))
                .Where(one => one.time > TimeSpan.Zero)
                .Select(one =>
                    string.Create(CultureInfo.InvariantCulture, $"{one.layer}: {one.time.TotalMilliseconds:F1}")
                )
                .ToList();
            return times.Count == 0 ? "" : $" (by layer {string.Join(", ", times)})";
        }
    }
}
