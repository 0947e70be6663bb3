namespace McpLongContext.Context.LongInference;

/// <summary>A window: the model reads all of its tokens, results are those of its core.</summary>
/// <param name="First">First token, counted from the start of the text.</param>
/// <param name="Count">Tokens read.</param>
/// <param name="CoreFirst">First token of the core, which reaches to the window's end.</param>
internal readonly record struct TextWindow(int First, int Count, int CoreFirst)
{
    /// <summary>The token after the last.</summary>
    public int End => First + Count;

    /// <summary>Tokens of the core.</summary>
    public int CoreCount => End - CoreFirst;
}

/// <summary>
/// Slides a window over a text, for a causal model: margin m = floor(W * overlap / 2), stride s = W - 2m; the first
/// window keeps all its tokens, the others their last s (Unlimiformer, arXiv 2305.01625, section 2.1, where both sides
/// of a window see context; here all 2m lie before). Every token is in exactly one core.
/// </summary>
internal sealed class WindowPlan
{
    private readonly int _tokens;
    private readonly int _capacity;
    private readonly int _overlap;
    private readonly int _offset;

    /// <summary>Plans the windows of a text.</summary>
    /// <param name="tokens">Tokens of the text.</param>
    /// <param name="capacity">W, tokens of the text in a window.</param>
    /// <param name="overlap">2m, tokens that a window shares with the one before; fewer than the capacity.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public WindowPlan(int tokens, int capacity, int overlap)
        : this(tokens, capacity, overlap, offset: 0) { }

    private WindowPlan(int tokens, int capacity, int overlap, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(capacity, overlap);
        _tokens = tokens;
        _capacity = capacity;
        _overlap = overlap;
        _offset = offset;
        var beyond = Math.Max(0, tokens - capacity);
        var stride = capacity - overlap;
        Count = tokens == 0 ? 0 : 1 + ((beyond + stride - 1) / stride);
    }

    /// <summary>The number of windows.</summary>
    public int Count { get; }

    /// <summary>A window.</summary>
    public TextWindow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var first = index * (_capacity - _overlap);
            var count = Math.Min(_capacity, _tokens - first);
            return new TextWindow(_offset + first, count, _offset + (index == 0 ? 0 : first + _overlap));
        }
    }

    /// <summary>2m for a window of W tokens: an even number, as W and overlap give it.</summary>
    public static int OverlapOf(int capacity, double overlap) => 2 * (int)Math.Floor(capacity * overlap / 2);

    /// <summary>One window, at the end of the text.</summary>
    public static WindowPlan Tail(int tokens, int capacity)
    {
        var count = Math.Min(tokens, capacity);
        return new WindowPlan(count, capacity, overlap: 0, offset: tokens - count);
    }
}
