namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// Four unsigned bytes of the weights times four signed bytes of the activations, in each lane of 32 bits.
/// </summary>
/// <typeparam name="TSelf">The arithmetic.</typeparam>
/// <typeparam name="TVector">A vector of <see cref="Lanes"/> words.</typeparam>
internal unsafe interface IBlockDot<TSelf, TVector>
    where TSelf : IBlockDot<TSelf, TVector>
    where TVector : unmanaged
{
    /// <summary>Words in a vector.</summary>
    public static abstract int Lanes { get; }

    public static abstract TVector Load(byte* source);

    public static abstract TVector Broadcast(int value);

    public static abstract TVector Add(TVector left, TVector right);

    /// <summary>
    /// The initial value of the sums: <paramref name="offset"/>, -128 times the sum of the activations, where the
    /// weights' codes are taken plus 128 as they are stored.
    /// </summary>
    public static abstract TVector Start(int offset);

    /// <summary>The sums of four products plus <paramref name="addend"/>, exactly.</summary>
    public static abstract TVector MultiplyAdd(TVector weights, TVector activations, TVector addend);

    /// <summary>
    /// y += sums * (scales * the input's scale), over the lanes of two vectors, one after the other in RAM.
    /// </summary>
    public static abstract void Accumulate(TVector sums0, TVector sums1, float* scales, float factor, float* y);
}
