namespace McpLongContext.Kernels.Simd;

/// <summary>The levels of two-bit codes, and those with <see cref="Bias"/> added, in unsigned bytes.</summary>
internal static class TwoBitLevels
{
    /// <summary>The smaller level, magnitude bit 0.</summary>
    public const int Low = 3;

    /// <summary>The larger level, magnitude bit 1.</summary>
    public const int High = 10;

    /// <summary>Makes all levels unsigned, as the products of bytes want one factor.</summary>
    public const int Bias = High;

    public const byte PositiveLow = Bias + Low;
    public const byte PositiveHigh = Bias + High;
    public const byte NegativeLow = Bias - Low;
    public const byte NegativeHigh = Bias - High;
}
