using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>4 lanes: the dot product of ARM, which is signed, or plain arithmetic.</summary>
internal readonly unsafe struct BlockDot128 : IBlockDot<BlockDot128, Vector128<int>>
{
    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(byte* source) => Vector128.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Start(int offset) => Vector128.Create(Dp.IsSupported ? 0 : offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> weights, Vector128<int> activations, Vector128<int> addend)
    {
        if (Dp.IsSupported)
        {
            // Taking 128 off a byte flips its top bit.
            var signed = weights ^ Vector128.Create(unchecked((int)0x80808080));
            return Dp.DotProduct(addend, signed.AsSByte(), activations.AsSByte());
        }

        for (var bit = 0; bit < 32; bit += 8)
        {
            addend += ((weights >>> bit) & Vector128.Create(255)) * ((activations << (24 - bit)) >> 24);
        }

        return addend;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(Vector128<int> sums0, Vector128<int> sums1, float* scales, float factor, float* y)
    {
        Accumulate(sums0, scales, factor, y);
        Accumulate(sums1, scales + Lanes, factor, y + Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(Vector128<int> sums, float* scales, float factor, float* y)
    {
        var factors = Vector128.Load(scales) * Vector128.Create(factor);
        Vector128.MultiplyAddEstimate(Vector128.ConvertToSingle(sums), factors, Vector128.Load(y)).Store(y);
    }
}
