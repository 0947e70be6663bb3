using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>32 numbers in int8 with a scale: x ~ scale * code with scale = max |x| / 127.</summary>
internal static unsafe class Int8Block
{
    /// <summary>Below it 127 / max would overflow; such numbers are zero to every product.</summary>
    private const float Smallest = 1e-30f;

    /// <summary>Quantizes with the widest vectors of this machine and returns the scale.</summary>
    public static float Quantize(float* x, sbyte* codes) =>
        Simd512.IsSupported ? Quantize<Simd512, Vector512<float>>(x, codes)
        : Simd256.IsSupported ? Quantize<Simd256, Vector256<float>>(x, codes)
        : Quantize<Simd128, Vector128<float>>(x, codes);

    /// <summary>Quantizes and returns the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Quantize<TSimd, TVector>(float* x, sbyte* codes)
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        const int Size = Int8BlockMatrix.BlockInputs;
        var maxima = TSimd.Abs(TSimd.Load(x));
        for (var i = TSimd.Lanes; i < Size; i += TSimd.Lanes)
        {
            maxima = TSimd.Max(maxima, TSimd.Abs(TSimd.Load(x + i)));
        }

        var max = TSimd.Max(maxima);
        var factor = TSimd.Broadcast(max < Smallest ? 0 : 127 / max);
        for (var i = 0; i < Size; i += TSimd.Lanes)
        {
            TSimd.Store(TSimd.Multiply(TSimd.Load(x + i), factor), codes + i);
        }

        return max / 127;
    }
}
