using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Four unsigned bytes of A times four signed bytes of B in each of 16 lanes. It says how <see cref="VnniTile"/> wants
/// its operands; as arithmetic of its own it is two of <see cref="ByteDotProduct256"/>.
/// </summary>
internal readonly unsafe struct ByteDotProduct512 : IDotProduct<ByteDotProduct512, Vector512<int>>
{
    public static int Lanes => 16;

    public static int Depth => 4;

    public static bool IsUnsigned => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> left, Vector512<int> right, Vector512<int> addend) =>
        Vector512.Create(
            ByteDotProduct256.MultiplyAdd(left.GetLower(), right.GetLower(), addend.GetLower()),
            ByteDotProduct256.MultiplyAdd(left.GetUpper(), right.GetUpper(), addend.GetUpper())
        );
}
