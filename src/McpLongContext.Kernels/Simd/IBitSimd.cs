namespace McpLongContext.Kernels.Simd;

/// <summary>The operations of one vector width on 64-bit words, for counting bits.</summary>
/// <typeparam name="TSelf">The width: <see cref="BitSimd512"/> or <see cref="BitSimd256"/>.</typeparam>
/// <typeparam name="TVector">The width's vector of <see cref="Lanes"/> words.</typeparam>
internal unsafe interface IBitSimd<TSelf, TVector>
    where TSelf : IBitSimd<TSelf, TVector>
    where TVector : unmanaged
{
    /// <summary>Words in a vector.</summary>
    public static abstract int Lanes { get; }

    public static abstract TVector Load(ulong* source);

    public static abstract TVector Broadcast(ulong value);

    public static abstract TVector And(TVector left, TVector right);

    public static abstract TVector Xor(TVector left, TVector right);

    public static abstract TVector Add(TVector left, TVector right);

    /// <summary>Bitwise a + b + c: the low bits of the sums.</summary>
    public static abstract TVector Parity(TVector a, TVector b, TVector c);

    /// <summary>Bitwise a + b + c: the high bits of the sums.</summary>
    public static abstract TVector Majority(TVector a, TVector b, TVector c);

    /// <summary>
    /// Adds to each byte of <paramref name="sum"/> the number of bits set in the byte of <paramref name="bits"/>.
    /// </summary>
    public static abstract TVector AddBitCounts(TVector sum, TVector bits);

    /// <summary>Adds the bytes of <paramref name="right"/> to those of <paramref name="left"/>.</summary>
    public static abstract TVector AddBytes(TVector left, TVector right);

    /// <summary>The sum of the bytes of each word.</summary>
    public static abstract TVector SumBytes(TVector bytes);

    /// <summary>The smaller word in each lane; words below 2^31.</summary>
    public static abstract TVector Min(TVector left, TVector right);

    /// <summary>The smallest word; words below 2^31.</summary>
    public static abstract int Min(TVector value);
}
