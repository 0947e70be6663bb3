namespace McpLongContext.Kernels.Simd;

/// <summary>The arithmetic of a register tile: vectors of sums, one output in each lane.</summary>
/// <typeparam name="TSelf">The arithmetic.</typeparam>
/// <typeparam name="TElement">
/// The element that is broadcast from A and summed in C: a float, or a word of 32 bits that holds several small
/// integers of A (or B) and one sum of their products in C.
/// </typeparam>
/// <typeparam name="TVector">A vector of <see cref="Lanes"/> elements.</typeparam>
internal unsafe interface IMultiplyAdd<TSelf, TElement, TVector>
    where TSelf : IMultiplyAdd<TSelf, TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged
{
    /// <summary>Elements in a vector.</summary>
    public static abstract int Lanes { get; }

    public static abstract TVector Load(TElement* source);

    public static abstract void Store(TVector value, TElement* destination);

    public static abstract TVector Broadcast(TElement value);

    /// <summary><paramref name="left"/> * <paramref name="right"/> + <paramref name="addend"/>, lane by lane.</summary>
    public static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);
}
