using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Products;

/// <summary>Four unsigned bytes of A times four signed bytes of B in each of 8 lanes: AVX-VNNI.</summary>
internal readonly unsafe struct ByteDotProduct256 : IDotProduct<ByteDotProduct256, Vector256<int>>
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static int Lanes => 8;

    public static int Depth => 4;

    public static bool IsUnsigned => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> left, Vector256<int> right, Vector256<int> addend)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(addend, left.AsByte(), right.AsSByte());
        }

        for (var bit = 0; bit < 32; bit += 8)
        {
            addend += ((left >>> bit) & Vector256.Create(255)) * ((right << (24 - bit)) >> 24);
        }

        return addend;
    }
}
