namespace McpLongContext.Kernels.Simd;

/// <summary>Products of two-bit codes with bytes, on vectors of one width.</summary>
internal unsafe interface ITwoBitSimd<TSelf, TVector>
    where TSelf : ITwoBitSimd<TSelf, TVector>
    where TVector : unmanaged
{
    /// <summary>Bytes in a vector, a dimension each: a multiple of 8.</summary>
    public static abstract int Bytes { get; }

    /// <summary>
    /// The biased <see cref="TwoBitLevels"/> of as many dimensions as a vector has bytes: positive ones where the bit of
    /// the binary code is set, high ones where that of the residual code is.
    /// </summary>
    public static abstract TVector Levels(byte* binaryCodes, byte* residualCodes);

    /// <summary>
    /// sums + levels * codes in lanes of 16 bits, two products each; six of them do not overflow: 6 * 2 * PositiveHigh *
    /// 127 = 30,480.
    /// </summary>
    public static abstract TVector MultiplyAdd(TVector sums, TVector levels, sbyte* codes);

    /// <summary>Adds the lanes of each of four vectors of sums to an integer of <paramref name="totals"/>.</summary>
    public static abstract void AddSums(TVector a, TVector b, TVector c, TVector d, int* totals);
}
