using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Two 16-bit integers of A times two of B in each of 8 lanes: AVX2 where it has no products of bytes.
/// </summary>
internal readonly unsafe struct ShortDotProduct256 : IDotProduct<ShortDotProduct256, Vector256<int>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Lanes => 8;

    public static int Depth => 2;

    public static bool IsUnsigned => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> left, Vector256<int> right, Vector256<int> addend) =>
        Avx2.IsSupported
            ? addend + Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16())
            : addend + (((left << 16) >> 16) * ((right << 16) >> 16)) + ((left >> 16) * (right >> 16));
}
