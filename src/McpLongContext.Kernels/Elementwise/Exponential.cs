using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>2^x, elementwise, for x of at most 126; 2^-126 below -126. Relative error below 2e-7.</summary>
/// <remarks>2^x = 2^n 2^f with n = round(x), |f| &lt;= 1/2 and a minimax polynomial of degree 5 for 2^f.</remarks>
internal static class Exponential
{
    /// <summary>
    /// 1.5 * 2^23: a float of this size has no fraction, so adding it rounds and leaves n in the low bits.
    /// </summary>
    private const float Rounder = 12582912f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector PowerOfTwo<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        x = TSimd.Max(x, TSimd.Broadcast(-126f));
        var rounded = TSimd.Add(x, TSimd.Broadcast(Rounder));
        var f = TSimd.Subtract(x, TSimd.Subtract(rounded, TSimd.Broadcast(Rounder)));
        var p = TSimd.Broadcast(0.0013264727f);
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.009671513f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.055507336f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.24022242f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.693147f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(1f));
        return TSimd.AddExponent(p, rounded);
    }
}
