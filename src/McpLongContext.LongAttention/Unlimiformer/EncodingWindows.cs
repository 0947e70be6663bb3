namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>A window over a token sequence, and the part of it whose states are kept.</summary>
/// <param name="Start">First token that is encoded.</param>
/// <param name="Length">Tokens that are encoded.</param>
/// <param name="KeptStart">First token whose state is kept.</param>
/// <param name="KeptLength">Tokens whose states are kept.</param>
public readonly record struct EncodingWindow(int Start, int Length, int KeptStart, int KeptLength)
{
    /// <summary>The token behind the last one that is encoded.</summary>
    public int End => Start + Length;

    /// <summary>The token behind the last one that is kept.</summary>
    public int KeptEnd => KeptStart + KeptLength;
}

/// <summary>
/// The overlapping windows in which a bidirectional encoder reads a text longer than itself (Bertsch et al. 2023,
/// arXiv 2305.01625, section 3.1). With window W and overlap p, the margin is m = floor(W p / 2) and the stride
/// s = W - 2m. A window keeps its middle s tokens; the first one also keeps its head, the last one its tail. So each
/// token is kept once, with a context of m tokens at least on either side where the text has them.
/// </summary>
public readonly struct EncodingWindows
{
    private readonly int _tokens;
    private readonly int _window;
    private readonly int _margin;

    /// <summary>Lays the windows over a text.</summary>
    /// <param name="tokens">Tokens of the text.</param>
    /// <param name="window">W, the length of a window in tokens.</param>
    /// <param name="overlap">p, the share of a window that others keep; from 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not in its range.</exception>
    public EncodingWindows(int tokens, int window, double overlap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        if (overlap is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, "Expected a share from 0 to below 1.");
        _tokens = tokens;
        _window = window;
        _margin = (int)(window * overlap / 2);
    }

    /// <summary>The number of windows: none over an empty text, one over a text that fits.</summary>
    public int Count
    {
        get
        {
            if (_tokens == 0)
                return 0;
            var beyondFirst = Math.Max(0, _tokens - _window);
            return 1 + (beyondFirst + Stride - 1) / Stride;
        }
    }

    /// <summary>Tokens from one window's start to the next one's.</summary>
    public int Stride => _window - 2 * _margin;

    /// <summary>A window; the last one is as short as the text leaves it.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such window.</exception>
    public EncodingWindow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var start = index * Stride;
            var end = index == Count - 1 ? _tokens : start + _window;
            var keptStart = index == 0 ? 0 : start + _margin;
            var keptEnd = index == Count - 1 ? _tokens : end - _margin;
            return new EncodingWindow(start, end - start, keptStart, keptEnd - keptStart);
        }
    }
}
