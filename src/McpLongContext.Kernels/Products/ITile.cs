using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// The block of a matrix product that is held in vector registers: C[Rows, Columns] = initial + A[Rows, depth] B[depth,
/// Columns].
/// </summary>
/// <typeparam name="TElement">Of A, B and C: see <see cref="IMultiplyAdd{TSelf,TElement,TVector}"/>.</typeparam>
internal unsafe interface ITile<TElement>
    where TElement : unmanaged
{
    /// <summary>Rows of A and C.</summary>
    public static abstract int Rows { get; }

    /// <summary>Columns of B and C, the width of a panel.</summary>
    public static abstract int Columns { get; }

    /// <summary>Computes one block.</summary>
    /// <param name="a">A, rows <paramref name="aStride"/> elements apart.</param>
    /// <param name="aStride">Elements from one row of A to the next.</param>
    /// <param name="rows">
    /// Rows that exist, 1 to <see cref="Rows"/>. The missing ones repeat the last: it is computed and written several
    /// times with the same value, so that the loop needs no variants.
    /// </param>
    /// <param name="b">B as a packed panel [depth, Columns].</param>
    /// <param name="depth">The length of the summed dimension.</param>
    /// <param name="initial">[Columns] the value to start from in every row: the bias.</param>
    /// <param name="c">C, rows <paramref name="cStride"/> elements apart.</param>
    /// <param name="cStride">Elements from one row of C to the next.</param>
    public static abstract void Multiply(
        TElement* a,
        nint aStride,
        int rows,
        TElement* b,
        int depth,
        TElement* initial,
        TElement* c,
        nint cStride
    );
}
