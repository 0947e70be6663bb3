using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Search;

/// <summary>
/// Vectors of two bits per dimension in two planes, binary codes and residual codes, a sign and a magnitude each: bit i
/// of a plane (byte i / 8, bit i % 8) belongs to dimension i. The levels are whole numbers, -<see cref="High"/>, -<see
/// cref="Low"/>, <see cref="Low"/> and <see cref="High"/>, so that products with int8 queries are sums of integers,
/// exact and the same on every machine.
/// </summary>
public static unsafe class TwoBitCodes
{
    /// <summary>The smaller level, bit 0 of the residual code.</summary>
    public const int Low = TwoBitLevels.Low;

    /// <summary>The larger level, bit 1 of the residual code.</summary>
    public const int High = TwoBitLevels.High;

    /// <summary>Dimensions whose products are summed in 16 bits at a time, on every width: a multiple of its sixfold.</summary>
    internal const int Chunk = 384;

    /// <summary>Queries that a code is multiplied by at a time.</summary>
    internal const int QueriesAtOnce = 4;

    /// <summary>Numbers of scratch that lie on the stack: those of all but the longest queries.</summary>
    private const int MostOnStack = 4096;

    /// <summary>Products summed in 16 bits: more could overflow.</summary>
    private const int Group = 6;

    /// <summary>For every query the largest product with one of the codes.</summary>
    /// <param name="binaryCodes">[n, size], size = dimensions / 8 of the queries.</param>
    /// <param name="residualCodes">[n, stride], of which the first size bytes of each row are the plane.</param>
    /// <param name="stride">Bytes from one row of residualCodes to the next, size or more.</param>
    /// <param name="scales">[n], what each code is multiplied by.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="maxima">[queries], overwritten: negative infinity where n is 0.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void MaxProduct(
        ReadOnlySpan<byte> binaryCodes,
        ReadOnlySpan<byte> residualCodes,
        int stride,
        ReadOnlySpan<float> scales,
        TwoBitQueries queries,
        Span<float> maxima
    )
    {
        if (TwoBitSimd512.IsSupported)
        {
            MaxProduct<TwoBitSimd512, Vector512<byte>>(binaryCodes, residualCodes, stride, scales, queries, maxima);
        }
        else if (TwoBitSimd256.IsSupported)
        {
            MaxProduct<TwoBitSimd256, Vector256<byte>>(binaryCodes, residualCodes, stride, scales, queries, maxima);
        }
        else
        {
            MaxProduct<TwoBitSimd128, Vector128<byte>>(binaryCodes, residualCodes, stride, scales, queries, maxima);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first query's work
    internal static void MaxProduct<TSimd, TVector>(
        ReadOnlySpan<byte> binaryCodes,
        ReadOnlySpan<byte> residualCodes,
        int stride,
        ReadOnlySpan<float> scales,
        TwoBitQueries queries,
        Span<float> maxima
    )
        where TSimd : ITwoBitSimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, queries.Size);
        Shape.Check(binaryCodes.Length, scales.Length, queries.Size, nameof(binaryCodes));
        Shape.Check(residualCodes.Length, scales.Length, stride, nameof(residualCodes));
        Shape.Check(maxima.Length, queries.Count, nameof(maxima));
        if (queries.Count == 0)
        {
            return;
        }

        var planeBytes = TSimd.Bytes / 8;
        var chunkBytes = Group * planeBytes;
        // The last chunk of a row is read whole: a row that does not fill it is copied where there is room.
        var isWhole = queries.Size % chunkBytes == 0;
        var chunks = (queries.Size + chunkBytes - 1) / chunkBytes;
        var rowBytes = isWhole ? 0 : chunks * chunkBytes;
        var rows = 2 * rowBytes <= MostOnStack ? stackalloc byte[2 * rowBytes] : new byte[2 * rowBytes];
        var padded = queries.Blocks * QueriesAtOnce;
        var scratch = padded <= MostOnStack ? stackalloc int[padded] : new int[padded];
        var nearest = padded <= MostOnStack ? stackalloc float[padded] : new float[padded];
        nearest.Fill(float.NegativeInfinity);
        fixed (int* totals = scratch)
        fixed (float* best = nearest)
        fixed (
            byte* ps = binaryCodes,
                pm = residualCodes,
                copied = rows
        )
        {
            for (var code = 0; code < scales.Length; code++)
            {
                var sign = ps + ((nint)code * queries.Size);
                var magnitude = pm + ((nint)code * stride);
                if (!isWhole)
                {
                    Buffer.MemoryCopy(sign, copied, queries.Size, queries.Size);
                    Buffer.MemoryCopy(magnitude, copied + rowBytes, queries.Size, queries.Size);
                    sign = copied;
                    magnitude = copied + rowBytes;
                }

                new Span<int>(queries.InitialTotals, padded).CopyTo(new Span<int>(totals, padded));
                for (var chunk = 0; chunk < chunks; chunk++)
                {
                    AddChunk<TSimd, TVector>(
                        sign + (chunk * chunkBytes),
                        magnitude + (chunk * chunkBytes),
                        queries.Codes + (chunk * Group * TSimd.Bytes),
                        queries.Width,
                        queries.Blocks,
                        totals
                    );
                }

                var scale = Vector128.Create(scales[code]);
                for (var q = 0; q < padded; q += QueriesAtOnce)
                {
                    var product =
                        Vector128.ConvertToSingle(Vector128.Load(totals + q))
                        * (Vector128.Load(queries.Scales + q) * scale);
                    Vector128.Max(Vector128.Load(best + q), product).Store(best + q);
                }
            }
        }

        nearest[..maxima.Length].CopyTo(maxima);
        GC.KeepAlive(queries);
    }

    /// <summary>totals[q] += levels · codes[q] over the dimensions of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddChunk<TSimd, TVector>(
        byte* binaryCodes,
        byte* residualCodes,
        sbyte* codes,
        int width,
        int blocks,
        int* totals
    )
        where TSimd : ITwoBitSimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var bytes = TSimd.Bytes / 8;
        var v0 = TSimd.Levels(binaryCodes, residualCodes);
        var v1 = TSimd.Levels(binaryCodes + bytes, residualCodes + bytes);
        var v2 = TSimd.Levels(binaryCodes + (2 * bytes), residualCodes + (2 * bytes));
        var v3 = TSimd.Levels(binaryCodes + (3 * bytes), residualCodes + (3 * bytes));
        var v4 = TSimd.Levels(binaryCodes + (4 * bytes), residualCodes + (4 * bytes));
        var v5 = TSimd.Levels(binaryCodes + (5 * bytes), residualCodes + (5 * bytes));
        for (var block = 0; block < blocks; block++, codes += QueriesAtOnce * width, totals += QueriesAtOnce)
        {
            TSimd.AddSums(
                Products(v0, v1, v2, v3, v4, v5, codes),
                Products(v0, v1, v2, v3, v4, v5, codes + width),
                Products(v0, v1, v2, v3, v4, v5, codes + (2 * width)),
                Products(v0, v1, v2, v3, v4, v5, codes + (3 * width)),
                totals
            );
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TVector Products(TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, sbyte* codes)
        {
            var sums = TSimd.MultiplyAdd(default, v0, codes);
            sums = TSimd.MultiplyAdd(sums, v1, codes + TSimd.Bytes);
            sums = TSimd.MultiplyAdd(sums, v2, codes + (2 * TSimd.Bytes));
            sums = TSimd.MultiplyAdd(sums, v3, codes + (3 * TSimd.Bytes));
            sums = TSimd.MultiplyAdd(sums, v4, codes + (4 * TSimd.Bytes));
            return TSimd.MultiplyAdd(sums, v5, codes + (5 * TSimd.Bytes));
        }
    }
}
