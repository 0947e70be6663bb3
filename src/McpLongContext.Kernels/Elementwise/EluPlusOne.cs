using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace McpLongContext.Kernels;

/// <summary>
/// elu(x) + 1 = x + 1 for x above 0, e^x below, elementwise: the feature map of linear attention (Katharopoulos et al.,
/// arXiv 2006.16236, equation 7). Always positive.
/// </summary>
/// <remarks>Computed as max(x, 0) + e^min(x, 0), without a branch.</remarks>
public static unsafe class EluPlusOne
{
    /// <summary>Replaces every element by its image.</summary>
    /// <param name="values">Any length.</param>
    public static void Apply(Span<float> values)
    {
        if (Simd512.IsSupported)
        {
            Apply<Simd512, Vector512<float>>(values);
        }
        else if (Simd256.IsSupported)
        {
            Apply<Simd256, Vector256<float>>(values);
        }
        else
        {
            Apply<Simd128, Vector128<float>>(values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Apply<TSimd, TVector>(Span<float> values)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        fixed (float* p = values)
        {
            var i = 0;
            for (; i <= values.Length - TSimd.Lanes; i += TSimd.Lanes)
            {
                TSimd.Store(Of<TSimd, TVector>(TSimd.Load(p + i)), p + i);
            }

            if (i < values.Length)
            {
                var rest = TSimd.LoadFirst(p + i, values.Length - i);
                TSimd.StoreFirst(Of<TSimd, TVector>(rest), p + i, values.Length - i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Of<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var negative = TSimd.Multiply(TSimd.Min(x, default), TSimd.Broadcast(Softmax.Log2E));
        return TSimd.Add(TSimd.Max(x, default), Exponential.PowerOfTwo<TSimd, TVector>(negative));
    }
}
