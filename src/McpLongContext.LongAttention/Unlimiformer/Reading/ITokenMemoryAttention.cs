using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>Attention to a token memory and to a local window, which measures where it looks.</summary>
public interface ITokenMemoryAttention : IAttention
{
    /// <summary>
    /// The spans that were read, in the order of the token memory, with the share of attention that went to each: that
    /// of the last token of every block, in the mean of those tokens, of the heads, and of the layers that read from
    /// token memory. What is missing to 1 went to the local window.
    /// </summary>
    public IReadOnlyList<AttendedSpan> Spans { get; }

    /// <summary>The time that each layer took to search the token memory; 0 of layers that do not.</summary>
    public IReadOnlyList<TimeSpan> SearchTimes { get; }

    /// <summary>Forgets what was measured.</summary>
    public void Reset();
}

/// <summary>A span and how much the model attended to it.</summary>
/// <param name="Span">The span.</param>
/// <param name="Share">From 0 to 1.</param>
public sealed record AttendedSpan(TokenMemorySpan Span, double Share);
