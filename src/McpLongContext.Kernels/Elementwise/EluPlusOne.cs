using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// elu(x) + 1 = x + 1 for x above 0, e^x below, elementwise: the feature map of linear attention (Katharopoulos et al.,
/// arXiv 2006.16236, equation 7). Always positive.
/// </summary>
/// <remarks>Computed as max(x, 0) + e^min(x, 0), without a branch.</remarks>
public static class EluPlusOne
{
    /// <summary>Replaces every element by its image.</summary>
    /// <param name="values">Any length.</param>
    public static void Apply(Span<float> values) => ElementLoop.Apply<Function>(values);

    internal readonly struct Function : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TSimd, TVector>(TVector x)
            where TSimd : ISimd<TSimd, TVector>
            where TVector : unmanaged
        {
            var negative = TSimd.Multiply(TSimd.Min(x, default), TSimd.Broadcast(Softmax.Log2E));
            return TSimd.Add(TSimd.Max(x, default), Exponential.PowerOfTwo<TSimd, TVector>(negative));
        }
    }
}
