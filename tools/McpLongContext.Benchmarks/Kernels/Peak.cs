using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using McpLongContext.Kernels.MachineCode;

namespace McpLongContext.Benchmarks.Kernels;

/// <summary>The peak of a core: the same operation over and over in registers, without memory.</summary>
internal static class Peak
{
    private const int Steps = 20_000;

    /// <summary>Floating-point operations (a multiply-add counts as two) in one call of <see cref="MultiplyAdd"/>.</summary>
    public static double MultiplyAddOperations =>
        2.0
        * 12
        * Steps
        * (
            Vector512.IsHardwareAccelerated ? 16
            : Vector256.IsHardwareAccelerated ? 8
            : 4
        );

    /// <summary>Integer operations (a multiply-add counts as two) in one call of <see cref="DotProduct"/>; 0 without one.</summary>
    public static double DotProductOperations =>
        VnniPeak.IsSupported ? VnniPeak.Operations * Steps
        : AvxVnni.IsSupported ? 2.0 * 12 * Steps * 32
        : 0;

    /// <summary>The instruction that <see cref="DotProduct"/> measures.</summary>
    public static string DotProductName => VnniPeak.IsSupported ? "512-bit VNNI" : "256-bit VNNI";

    /// <summary>Twelve chains of fp32 multiply-adds, enough to hide a latency of 4 on two ports with room to spare.</summary>
    public static float MultiplyAdd()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Chains512();
        }

        return Vector256.IsHardwareAccelerated ? Chains256() : Chains128();
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Chains512()
    {
        var x = Vector512.Create(0.5f);
        var y = Vector512.Create(1f);
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
            k = Vector512.MultiplyAddEstimate(k, x, y);
            l = Vector512.MultiplyAddEstimate(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Chains256()
    {
        var x = Vector256.Create(0.5f);
        var y = Vector256.Create(1f);
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
            k = Vector256.MultiplyAddEstimate(k, x, y);
            l = Vector256.MultiplyAddEstimate(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Chains128()
    {
        var x = Vector128.Create(0.5f);
        var y = Vector128.Create(1f);
        var (a, b, c, d, e, f) = (x, x, x, x, x, x);
        var (g, h, i, j, k, l) = (x, x, x, x, x, x);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector128.MultiplyAddEstimate(a, x, y);
            b = Vector128.MultiplyAddEstimate(b, x, y);
            c = Vector128.MultiplyAddEstimate(c, x, y);
            d = Vector128.MultiplyAddEstimate(d, x, y);
            e = Vector128.MultiplyAddEstimate(e, x, y);
            f = Vector128.MultiplyAddEstimate(f, x, y);
            g = Vector128.MultiplyAddEstimate(g, x, y);
            h = Vector128.MultiplyAddEstimate(h, x, y);
            i = Vector128.MultiplyAddEstimate(i, x, y);
            j = Vector128.MultiplyAddEstimate(j, x, y);
            k = Vector128.MultiplyAddEstimate(k, x, y);
            l = Vector128.MultiplyAddEstimate(l, x, y);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    /// <summary>Twelve chains of dot products of bytes, with the widest instruction that the products use.</summary>
    public static int DotProduct()
    {
        if (!VnniPeak.IsSupported)
        {
            return Chains256OfBytes();
        }

        VnniPeak.Run(Steps);
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static int Chains256OfBytes()
    {
        var x = Vector256.Create((byte)1);
        var y = Vector256.Create((sbyte)1);
        var z = Vector256<int>.Zero;
        var (a, b, c, d, e, f) = (z, z, z, z, z, z);
        var (g, h, i, j, k, l) = (z, z, z, z, z, z);
        for (var step = 0; step < Steps; step++)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, x, y);
            b = AvxVnni.MultiplyWideningAndAdd(b, x, y);
            c = AvxVnni.MultiplyWideningAndAdd(c, x, y);
            d = AvxVnni.MultiplyWideningAndAdd(d, x, y);
            e = AvxVnni.MultiplyWideningAndAdd(e, x, y);
            f = AvxVnni.MultiplyWideningAndAdd(f, x, y);
            g = AvxVnni.MultiplyWideningAndAdd(g, x, y);
            h = AvxVnni.MultiplyWideningAndAdd(h, x, y);
            i = AvxVnni.MultiplyWideningAndAdd(i, x, y);
            j = AvxVnni.MultiplyWideningAndAdd(j, x, y);
            k = AvxVnni.MultiplyWideningAndAdd(k, x, y);
            l = AvxVnni.MultiplyWideningAndAdd(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
