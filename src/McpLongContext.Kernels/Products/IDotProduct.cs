using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// The arithmetic of an integer product: a word of A and a word of B hold <see cref="Depth"/> small integers each, and
/// a multiply-add adds the sum of their products, exactly, to a lane of 32 bits.
/// </summary>
internal unsafe interface IDotProduct<TSelf, TVector> : IMultiplyAdd<TSelf, int, TVector>
    where TSelf : IDotProduct<TSelf, TVector>
    where TVector : unmanaged
{
    /// <summary>Integers in a word.</summary>
    public static abstract int Depth { get; }

    /// <summary>
    /// Whether A is unsigned: 128 is added to each of its integers, and taken off again through the sums of B.
    /// </summary>
    public static abstract bool IsUnsigned { get; }
}
