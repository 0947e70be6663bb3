using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Simd;

/// <summary>8 words: AVX-512.</summary>
internal readonly unsafe struct BitSimd512 : IBitSimd<BitSimd512, Vector512<ulong>>
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Lanes => 8;

    /// <summary>The number of bits set in 0 to 15, in each 128-bit lane.</summary>
    private static Vector512<byte> NibbleCounts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            Vector512
                .Create(
                    0x0302_0201_0201_0100,
                    0x0403_0302_0302_0201,
                    0x0302_0201_0201_0100,
                    0x0403_0302_0302_0201,
                    0x0302_0201_0201_0100,
                    0x0403_0302_0302_0201,
                    0x0302_0201_0201_0100,
                    0x0403_0302_0302_0201
                )
                .AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Load(ulong* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Broadcast(ulong value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> And(Vector512<ulong> left, Vector512<ulong> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> left, Vector512<ulong> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> left, Vector512<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Parity(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c) =>
        Avx512F.IsSupported ? Avx512F.TernaryLogic(a, b, c, 0x96) : a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Majority(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c) =>
        Avx512F.IsSupported ? Avx512F.TernaryLogic(a, b, c, 0xE8) : (a & b) | (c & (a ^ b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> AddBitCounts(Vector512<ulong> sum, Vector512<ulong> bits)
    {
        var nibble = Vector512.Create((byte)15);
        var low = Look(bits.AsByte() & nibble);
        var high = Look((bits >> 4).AsByte() & nibble);
        return (sum.AsByte() + low + high).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> AddBytes(Vector512<ulong> left, Vector512<ulong> right) =>
        (left.AsByte() + right.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> SumBytes(Vector512<ulong> bytes) =>
        Avx512BW.IsSupported
            ? Avx512BW.SumAbsoluteDifferences(bytes.AsByte(), Vector512<byte>.Zero).AsUInt64()
            : Vector512.Create(BitSimd256.SumBytes(bytes.GetLower()), BitSimd256.SumBytes(bytes.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Min(Vector512<ulong> left, Vector512<ulong> right) =>
        Vector512.Min(left.AsInt32(), right.AsInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Min(Vector512<ulong> value) => BitSimd256.Min(BitSimd256.Min(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Look(Vector512<byte> index) =>
        Avx512BW.IsSupported ? Avx512BW.Shuffle(NibbleCounts, index) : Vector512.Shuffle(NibbleCounts, index);
}
