using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Search;

/// <summary>
/// Vectors of one byte per dimension and one scale each, x ~ scale * code with scale = max |x| / 127, and their dot
/// products with fp32 queries.
/// </summary>
public static unsafe class Int8Vectors
{
    /// <summary>The largest code.</summary>
    internal const float Limit = 127;

    /// <summary>Quantizes vectors, rounding to nearest.</summary>
    /// <param name="vectors">[n, dimensions], finite.</param>
    /// <param name="codes">[n, dimensions], overwritten: -127 to 127.</param>
    /// <param name="scales">[n], overwritten: max |x| / 127, 0 for a vector of zeros.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Quantize(ReadOnlySpan<float> vectors, Span<sbyte> codes, Span<float> scales)
    {
        if (Simd512.IsSupported)
        {
            Quantize<Simd512, Vector512<float>>(vectors, codes, scales);
        }
        else if (Simd256.IsSupported)
        {
            Quantize<Simd256, Vector256<float>>(vectors, codes, scales);
        }
        else
        {
            Quantize<Simd128, Vector128<float>>(vectors, codes, scales);
        }
    }

    /// <summary>The dot product of every vector with every query.</summary>
    /// <param name="codes">[n, dimensions].</param>
    /// <param name="scales">[n].</param>
    /// <param name="queries">[queries, dimensions].</param>
    /// <param name="dimensions">Positive.</param>
    /// <param name="products">[n, queries], overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Dot(
        ReadOnlySpan<sbyte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> queries,
        int dimensions,
        Span<float> products
    )
    {
        if (Simd512.IsSupported)
        {
            Dot<Simd512, Vector512<float>>(codes, scales, queries, dimensions, products);
        }
        else if (Simd256.IsSupported)
        {
            Dot<Simd256, Vector256<float>>(codes, scales, queries, dimensions, products);
        }
        else
        {
            Dot<Simd128, Vector128<float>>(codes, scales, queries, dimensions, products);
        }
    }

    /// <summary>sum += weight * code.</summary>
    /// <param name="code">[dimensions].</param>
    /// <param name="weight">The weight, the vector's scale included.</param>
    /// <param name="sum">[dimensions].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(ReadOnlySpan<sbyte> code, float weight, Span<float> sum)
    {
        if (Simd512.IsSupported)
        {
            Add<Simd512, Vector512<float>>(code, weight, sum);
        }
        else if (Simd256.IsSupported)
        {
            Add<Simd256, Vector256<float>>(code, weight, sum);
        }
        else
        {
            Add<Simd128, Vector128<float>>(code, weight, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add<TSimd, TVector>(ReadOnlySpan<sbyte> code, float weight, Span<float> sum)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        Shape.Check(code.Length, sum.Length, nameof(code));
        var weights = TSimd.Broadcast(weight);
        fixed (sbyte* pc = code)
        fixed (float* ps = sum)
        {
            var i = 0;
            for (; i <= sum.Length - TSimd.Lanes; i += TSimd.Lanes)
            {
                TSimd.Store(TSimd.MultiplyAdd(TSimd.Load(pc + i), weights, TSimd.Load(ps + i)), ps + i);
            }

            for (; i < sum.Length; i++)
            {
                ps[i] += weight * pc[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Quantize<TSimd, TVector>(ReadOnlySpan<float> vectors, Span<sbyte> codes, Span<float> scales)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        Shape.Check(codes.Length, vectors.Length, nameof(codes));
        if (scales.IsEmpty)
        {
            Shape.Check(vectors.Length, 0, nameof(vectors));
            return;
        }

        var dimensions = Shape.Rows(vectors.Length, scales.Length, nameof(vectors));
        fixed (float* px = vectors)
        fixed (sbyte* pc = codes)
        {
            for (var row = 0; row < scales.Length; row++)
            {
                var offset = (nint)row * dimensions;
                var largest = LargestMagnitude<TSimd, TVector>(px + offset, dimensions);
                scales[row] = largest / Limit;
                Round<TSimd, TVector>(px + offset, dimensions, largest > 0 ? Limit / largest : 0, pc + offset);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Dot<TSimd, TVector>(
        ReadOnlySpan<sbyte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> queries,
        int dimensions,
        Span<float> products
    )
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var count = Check(codes, scales, queries, dimensions);
        Shape.Check(products.Length, scales.Length, count, nameof(products));
        fixed (sbyte* pc = codes)
        fixed (float* pq = queries)
        {
            for (var query = 0; query < count; query++)
            {
                for (var row = 0; row < scales.Length; row++)
                {
                    var dot = Dot<TSimd, TVector>(
                        pc + ((nint)row * dimensions),
                        pq + ((nint)query * dimensions),
                        dimensions
                    );
                    products[(row * count) + query] = scales[row] * dot;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot<TSimd, TVector>(sbyte* code, float* query, int dimensions)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        TVector even = default;
        TVector odd = default;
        var i = 0;
        for (; i <= dimensions - (2 * TSimd.Lanes); i += 2 * TSimd.Lanes)
        {
            even = TSimd.MultiplyAdd(TSimd.Load(code + i), TSimd.Load(query + i), even);
            odd = TSimd.MultiplyAdd(TSimd.Load(code + i + TSimd.Lanes), TSimd.Load(query + i + TSimd.Lanes), odd);
        }

        var sum = TSimd.Sum(TSimd.Add(even, odd));
        for (; i < dimensions; i++)
        {
            sum += code[i] * query[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestMagnitude<TSimd, TVector>(float* x, int count)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        TVector maxima = default;
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            maxima = TSimd.Max(maxima, TSimd.Abs(TSimd.Load(x + i)));
        }

        var largest = TSimd.Max(maxima);
        for (; i < count; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(x[i]));
        }

        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TSimd, TVector>(float* x, int count, float factor, sbyte* codes)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var factors = TSimd.Broadcast(factor);
        var i = 0;
        for (; i <= count - TSimd.Lanes; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(x + i), factors), codes + i);
        }

        for (; i < count; i++)
        {
            codes[i] = (sbyte)MathF.Round(x[i] * factor);
        }
    }

    /// <summary>Returns how many queries there are.</summary>
    private static int Check(
        ReadOnlySpan<sbyte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> queries,
        int dimensions
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        Shape.Check(codes.Length, scales.Length, dimensions, nameof(codes));
        return Shape.Rows(queries.Length, dimensions, nameof(queries));
    }
}
