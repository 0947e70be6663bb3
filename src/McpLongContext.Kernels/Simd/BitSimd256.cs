using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Simd;

/// <summary>4 words: AVX2.</summary>
internal readonly unsafe struct BitSimd256 : IBitSimd<BitSimd256, Vector256<ulong>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Lanes => 4;

    /// <summary>The number of bits set in 0 to 15, in each 128-bit lane.</summary>
    public static Vector256<byte> NibbleCounts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            Vector256
                .Create(0x0302_0201_0201_0100, 0x0403_0302_0302_0201, 0x0302_0201_0201_0100, 0x0403_0302_0302_0201)
                .AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Load(ulong* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Broadcast(ulong value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> And(Vector256<ulong> left, Vector256<ulong> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> left, Vector256<ulong> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add(Vector256<ulong> left, Vector256<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Parity(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Majority(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) =>
        (a & b) | (c & (a ^ b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> AddBitCounts(Vector256<ulong> sum, Vector256<ulong> bits)
    {
        var nibble = Vector256.Create((byte)15);
        var low = Look(bits.AsByte() & nibble);
        var high = Look((bits >> 4).AsByte() & nibble);
        return (sum.AsByte() + low + high).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> AddBytes(Vector256<ulong> left, Vector256<ulong> right) =>
        (left.AsByte() + right.AsByte()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> SumBytes(Vector256<ulong> bytes)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.SumAbsoluteDifferences(bytes.AsByte(), Vector256<byte>.Zero).AsUInt64();
        }

        // The eight bytes of a word, times 1 + 2^8 + .. + 2^56, meet in its top byte: pairs are added first, as a sum
        // may exceed a byte.
        var pairs =
            (bytes & Vector256.Create(0x00FF_00FF_00FF_00FFUL))
            + ((bytes >> 8) & Vector256.Create(0x00FF_00FF_00FF_00FFUL));
        return (pairs * Vector256.Create(0x0001_0001_0001_0001UL)) >> 48;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Min(Vector256<ulong> left, Vector256<ulong> right) =>
        Vector256.Min(left.AsInt32(), right.AsInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Min(Vector256<ulong> value)
    {
        var pairs = Vector128.Min(value.GetLower().AsInt32(), value.GetUpper().AsInt32());
        return Math.Min(pairs[0], pairs[2]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Look(Vector256<byte> index) =>
        Avx2.IsSupported ? Avx2.Shuffle(NibbleCounts, index) : Vector256.Shuffle(NibbleCounts, index);
}
