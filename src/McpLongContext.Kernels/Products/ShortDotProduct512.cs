using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Two 16-bit integers of A times two of B in each of 16 lanes: AVX-512 where it has no products of bytes.
/// </summary>
internal readonly unsafe struct ShortDotProduct512 : IDotProduct<ShortDotProduct512, Vector512<int>>
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Lanes => 16;

    public static int Depth => 2;

    public static bool IsUnsigned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> left, Vector512<int> right, Vector512<int> addend) =>
        Avx512BW.IsSupported
            ? addend + Avx512BW.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16())
            : addend + (((left << 16) >> 16) * ((right << 16) >> 16)) + ((left >> 16) * (right >> 16));
}
