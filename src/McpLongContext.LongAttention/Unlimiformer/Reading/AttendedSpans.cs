using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Collects how much is attended to which tokens of a token memory, where every search has spans of its own.
/// </summary>
internal sealed class AttendedSpans
{
    private readonly Dictionary<TokenMemorySpan, double> _sums;

    /// <summary>Creates an empty collection.</summary>
    public AttendedSpans()
        : this([]) { }

    private AttendedSpans(Dictionary<TokenMemorySpan, double> sums) => _sums = sums;

    /// <summary>How many tokens of the sequence were measured.</summary>
    public int Measured { get; set; }

    /// <summary>Adds a share of a span.</summary>
    public void Add(TokenMemorySpan span, double share)
    {
        // The same tokens may be found with other scores.
        var key = span with
        {
            Score = 0,
        };
        _sums[key] = _sums.GetValueOrDefault(key) + share;
    }

    /// <summary>A copy.</summary>
    public AttendedSpans Clone() => new(new Dictionary<TokenMemorySpan, double>(_sums)) { Measured = Measured };

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _sums.Clear();
        Measured = 0;
    }

    /// <summary>
    /// The spans in the order of the token memory, those that meet as one; score and share are the sum of their shares.
    /// </summary>
    public IReadOnlyList<AttendedSpan> Merge()
    {
        var merged = new List<AttendedSpan>();
        foreach (var (span, sum) in _sums.OrderBy(one => one.Key.Text).ThenBy(one => one.Key.First))
        {
            var share = sum / Math.Max(1, Measured);
            if (
                merged is [.., var last]
                && last.Span.Text == span.Text
                && span.First <= last.Span.First + last.Span.Count
            )
            {
                var end = Math.Max(last.Span.First + last.Span.Count, span.First + span.Count);
                var total = last.Share + share;
                var joined = last.Span with { Count = end - last.Span.First, Score = total };
                merged[^1] = new AttendedSpan(joined, total);
            }
            else
            {
                merged.Add(new AttendedSpan(span with { Score = share }, share));
            }
        }

        return merged;
    }
}
