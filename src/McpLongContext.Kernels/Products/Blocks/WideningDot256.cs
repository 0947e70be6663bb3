using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// 8 lanes without products of bytes: the even and the odd bytes as 16-bit numbers, whose products AVX2 adds in pairs.
/// </summary>
internal readonly unsafe struct WideningDot256 : IBlockDot<WideningDot256, Vector256<int>>
{
    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    public static int Lanes => BlockDot256.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* source) => BlockDot256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => BlockDot256.Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Start(int offset) => BlockDot256.Start(offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> weights, Vector256<int> activations, Vector256<int> addend)
    {
        var evenWeights = weights.AsInt16() & Vector256.Create((short)0xFF);
        var oddWeights = weights.AsUInt16() >>> 8;
        var even = (activations.AsInt16() << 8) >> 8;
        var odd = activations.AsInt16() >> 8;
        if (Avx2.IsSupported)
        {
            return addend
                + Avx2.MultiplyAddAdjacent(evenWeights, even)
                + Avx2.MultiplyAddAdjacent(oddWeights.AsInt16(), odd);
        }

        for (var shift = 0; shift <= 16; shift += 16)
        {
            addend += ((evenWeights.AsInt32() << (16 - shift)) >> 16) * ((even.AsInt32() << (16 - shift)) >> 16);
            addend += ((oddWeights.AsInt32() << (16 - shift)) >> 16) * ((odd.AsInt32() << (16 - shift)) >> 16);
        }

        return addend;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(Vector256<int> sums0, Vector256<int> sums1, float* scales, float factor, float* y)
    {
        BlockDot256.Accumulate(sums0, scales, factor, y);
        BlockDot256.Accumulate(sums1, scales + Lanes, factor, y + Lanes);
    }
}
