using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// gelu(x) = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, the exact form that BERT uses (Hendrycks and Gimpel,
/// arXiv 1606.08415), elementwise.
/// </summary>
/// <remarks>
/// Computed as max(x, 0) - t Q(t) with t = |x| and the normal tail Q(t) = erfc(t / sqrt 2) / 2: a polynomial of degree
/// 16 in u = 2t / 5.5 - 1, fitted so that t Q(t) is off by at most 3.3e-8 on [0, 5.5]; beyond, t stays 5.5, where t
/// Q(t) is 1.0e-7. In fp32 the whole differs from the exact function by less than 4e-7 plus half a unit in the last
/// place.
/// </remarks>
public static unsafe class Gelu
{
    private const float Limit = 5.5f;

    /// <summary>Replaces every element by its GELU.</summary>
    /// <param name="values">Any length.</param>
    public static void Apply(Span<float> values) => ElementLoop.Apply<Function>(values);

    /// <summary>
    /// In place on [rows, columns] with rows <paramref name="stride"/> apart; columns a multiple of the lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Apply<TSimd, TVector>(float* values, int rows, int columns, nint stride)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        for (var row = 0; row < rows; row++, values += stride)
        {
            for (var column = 0; column < columns; column += TSimd.Lanes)
            {
                TSimd.Store(Of<TSimd, TVector>(TSimd.Load(values + column)), values + column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Of<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var t = TSimd.Min(TSimd.Abs(x), TSimd.Broadcast(Limit));
        var u = TSimd.MultiplyAdd(t, TSimd.Broadcast(2 / Limit), TSimd.Broadcast(-1f));
        var q = TSimd.Broadcast(2.375735e-03f);
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-8.141604e-03f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-2.1696708e-03f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(3.8377386e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-3.4240756e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-5.9567418e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(1.2754092e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-2.8222227e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-1.6128828e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(2.1617945e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-5.1657125e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-1.7678349e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(2.7190265e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-2.068359e-01f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(9.455805e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(-2.5007492e-02f));
        q = TSimd.MultiplyAdd(q, u, TSimd.Broadcast(2.9797691e-03f));
        return TSimd.Subtract(TSimd.Max(x, default), TSimd.Multiply(t, q));
    }

    internal readonly struct Function : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TSimd, TVector>(TVector x)
            where TSimd : ISimd<TSimd, TVector>
            where TVector : unmanaged => Gelu.Of<TSimd, TVector>(x);
    }
}
