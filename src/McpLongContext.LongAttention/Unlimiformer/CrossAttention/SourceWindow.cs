namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>A window over a source and the part of it whose states are kept.</summary>
/// <param name="First">The first token that is read.</param>
/// <param name="Count">How many are read.</param>
/// <param name="KeptFirst">The first token whose state is kept.</param>
/// <param name="KeptCount">How many are kept.</param>
public readonly record struct SourceWindow(int First, int Count, int KeptFirst, int KeptCount)
{
    /// <summary>The overlap of the published code.</summary>
    public const double DefaultOverlap = 0.5;

    /// <summary>
    /// The windows of a source (Unlimiformer, Bertsch et al., arXiv 2305.01625, section 3.1): the middle of each is kept,
    /// so that every token is encoded with context on both sides; the first keeps its head, the last its tail. What they
    /// keep tiles the source.
    /// </summary>
    /// <param name="tokens">Tokens of the source, 1 or more.</param>
    /// <param name="window">Tokens of a window, 1 or more.</param>
    /// <param name="overlap">The share of a window that others keep, 0 to less than 1.</param>
    public static IReadOnlyList<SourceWindow> Plan(int tokens, int window, double overlap = DefaultOverlap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(overlap, 1);
        var margin = (int)(window * overlap / 2);
        var stride = window - (2 * margin);
        var windows = new List<SourceWindow>();
        for (var kept = 0; kept < tokens; )
        {
            // The last window lies at the end, whole.
            var first = Math.Clamp(windows.Count * stride, 0, Math.Max(0, tokens - window));
            var count = Math.Min(window, tokens);
            var end = first + count == tokens ? tokens : first + count - margin;
            windows.Add(new SourceWindow(first, count, kept, end - kept));
            kept = end;
        }

        return windows;
    }
}
