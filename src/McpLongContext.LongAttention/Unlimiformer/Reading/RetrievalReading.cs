using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>A sequence that reads from a token memory.</summary>
/// <param name="Run">The sequence.</param>
/// <param name="Prompt">The tokens that the model reads next, before it continues.</param>
/// <param name="Attention">Tells where it looks.</param>
public sealed record RetrievalReading(DecoderSession Run, ReadOnlyMemory<int> Prompt, ITokenMemoryAttention Attention)
    : IDisposable
{
    /// <summary>How it began; null where no <see cref="RetrievalReader"/> began it.</summary>
    internal ReadingStart? Start { get; init; }

    /// <summary>Cost and outcome of the reading so far.</summary>
    /// <exception cref="InvalidOperationException">No <see cref="RetrievalReader"/> began it.</exception>
    public ReadingReport Report()
    {
        var start =
            Start ?? throw new InvalidOperationException("begun by a mode itself, expected by a RetrievalReader.");
        var tokens = start.Source.Memory.Texts.Sum(text => (long)text.Tokens);
        return new ReadingReport(
            start.Mode,
            start.IsWhole,
            tokens,
            tokens * start.Source.Layout.Shape.TokenBytes,
            start.Selection,
            Attention.SearchTimes,
            start.Source.Time!.GetElapsedTime(start.Timestamp),
            Attention.Spans
        );
    }

    /// <inheritdoc/>
    public void Dispose() => Run.Dispose();
}

/// <summary>How a reading began.</summary>
/// <param name="Source">The token memory and the selection from it.</param>
/// <param name="Mode">The mode's name.</param>
/// <param name="IsWhole">Whether all of the token memory fits the window.</param>
/// <param name="Selection">The time that selecting took.</param>
/// <param name="Timestamp">When it began, by the source's clock.</param>
internal sealed record ReadingStart(
    ReadingSource Source,
    string Mode,
    bool IsWhole,
    TimeSpan Selection,
    long Timestamp
);
