using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Search;

/// <summary>
/// Vectors reduced to one bit per dimension, the sign of x - mean: bit i of a code (byte i / 8, bit i % 8) is set where
/// x_i &gt; mean_i. The similarity of two codes is the dot product of their ±1 bits, dimensions - 2 popcount(a xor b).
/// </summary>
public static class BinaryCodes
{
    /// <summary>Bytes in a code: 48 for 384 dimensions.</summary>
    /// <param name="dimensions">A positive multiple of 8.</param>
    public static int Size(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        return dimensions % 8 == 0
            ? dimensions / 8
            : throw new ArgumentException(
                $"dimensions is {dimensions}; codes need a multiple of 8.",
                nameof(dimensions)
            );
    }

    /// <summary>Encodes vectors.</summary>
    /// <param name="vectors">[n, dimensions].</param>
    /// <param name="mean">[dimensions]; a multiple of 8 of them.</param>
    /// <param name="codes">[n, dimensions / 8], overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Encode(ReadOnlySpan<float> vectors, ReadOnlySpan<float> mean, Span<byte> codes)
    {
        var size = Size(mean.Length);
        var count = Shape.Rows(vectors.Length, mean.Length, nameof(vectors));
        Shape.Check(codes.Length, count, size, nameof(codes));
        for (var i = 0; i < codes.Length; i++)
        {
            var x = vectors.Slice(i * 8, 8);
            var m = mean.Slice(i % size * 8, 8);
            codes[i] = (byte)
                Vector256.GreaterThan(Vector256.Create(x), Vector256.Create(m)).ExtractMostSignificantBits();
        }
    }

    /// <summary>
    /// For every passage and query the largest similarity of a code of the passage to the query, in one pass over the
    /// codes for all queries.
    /// </summary>
    /// <param name="codes">[n, size]: the codes of all passages, one passage after the other.</param>
    /// <param name="queries">[queries, size].</param>
    /// <param name="size">Bytes in a code, positive.</param>
    /// <param name="offsets">
    /// [passages + 1], ascending: passage p has the codes offsets[p] - offsets[0] to offsets[p + 1] - offsets[0].
    /// </param>
    /// <param name="maxima">
    /// [passages, queries], overwritten: from -8 size to 8 size, and -8 size for a passage without codes.
    /// </param>
    /// <exception cref="ArgumentException">A length does not fit the shapes, or the offsets do not fit the
    /// codes.</exception>
    public static void MaxSimilarity(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<int> offsets,
        Span<short> maxima
    )
    {
        if (BitSimd512.IsSupported)
        {
            BinaryCodeScan.Vectors<BitSimd512, Vector512<ulong>>(codes, queries, size, offsets, maxima);
        }
        else if (BitSimd256.IsSupported)
        {
            BinaryCodeScan.Vectors<BitSimd256, Vector256<ulong>>(codes, queries, size, offsets, maxima);
        }
        else
        {
            BinaryCodeScan.Words(codes, queries, size, offsets, maxima);
        }
    }
}
