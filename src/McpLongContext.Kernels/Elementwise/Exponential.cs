using System.Runtime.CompilerServices;

namespace McpLongContext.Kernels;

/// <summary>2^x, elementwise, for x of at most 127; 0 below -126.5. Relative error below 2e-7.</summary>
/// <remarks>2^x = 2^n 2^f with n = round(x), |f| &lt;= 1/2 and a minimax polynomial of degree 6 for 2^f.</remarks>
internal static class Exponential
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector PowerOfTwo<TSimd, TVector>(TVector x)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        var n = TSimd.Round(x);
        var f = TSimd.Subtract(x, n);
        var p = TSimd.Broadcast(0.00015353362f);
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.0013398874f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.009618437f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.055503324f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.24022648f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.6931472f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(1f));
        return TSimd.Scale(p, n);
    }
}
