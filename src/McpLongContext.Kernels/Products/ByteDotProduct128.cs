using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Four signed bytes of A times four of B in each of 4 lanes: the dot product of ARM, or plain arithmetic.
/// </summary>
internal readonly unsafe struct ByteDotProduct128 : IDotProduct<ByteDotProduct128, Vector128<int>>
{
    public static int Lanes => 4;

    public static int Depth => 4;

    public static bool IsUnsigned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> left, Vector128<int> right, Vector128<int> addend)
    {
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(addend, left.AsSByte(), right.AsSByte());
        }

        for (var bit = 0; bit < 32; bit += 8)
        {
            addend += ((left << (24 - bit)) >> 24) * ((right << (24 - bit)) >> 24);
        }

        return addend;
    }
}
