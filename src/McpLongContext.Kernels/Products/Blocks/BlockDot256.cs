using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>8 lanes: AVX-VNNI.</summary>
internal readonly unsafe struct BlockDot256 : IBlockDot<BlockDot256, Vector256<int>>
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(byte* source) => Vector256.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Start(int offset) => Vector256.Create(offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(
        Vector256<int> weights,
        Vector256<int> activations,
        Vector256<int> addend
    ) =>
        AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(addend, weights.AsByte(), activations.AsSByte())
            : WideningDot256.MultiplyAdd(weights, activations, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(Vector256<int> sums0, Vector256<int> sums1, float* scales, float factor, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            var sums = Vector512.ConvertToSingle(Vector512.Create(sums0, sums1));
            var factors = Vector512.Load(scales) * Vector512.Create(factor);
            Vector512.MultiplyAddEstimate(sums, factors, Vector512.Load(y)).Store(y);
        }
        else
        {
            Accumulate(sums0, scales, factor, y);
            Accumulate(sums1, scales + Lanes, factor, y + Lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Accumulate(Vector256<int> sums, float* scales, float factor, float* y)
    {
        var factors = Vector256.Load(scales) * Vector256.Create(factor);
        Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(sums), factors, Vector256.Load(y)).Store(y);
    }
}
