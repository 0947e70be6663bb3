using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Simd;

/// <summary>64 dimensions: AVX-512.</summary>
internal readonly unsafe struct TwoBitSimd512 : ITwoBitSimd<TwoBitSimd512, Vector512<byte>>
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    public static int Bytes => 64;

    /// <summary>Where a dimension's byte stands in a lane of 128 bits that holds all eight, twice.</summary>
    private static Vector512<byte> Places
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            Vector512
                .Create(
                    0x0000_0000_0000_0000UL,
                    0x0101_0101_0101_0101,
                    0x0202_0202_0202_0202,
                    0x0303_0303_0303_0303,
                    0x0404_0404_0404_0404,
                    0x0505_0505_0505_0505,
                    0x0606_0606_0606_0606,
                    0x0707_0707_0707_0707
                )
                .AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Levels(byte* binaryCodes, byte* residualCodes)
    {
        var isPositive = IsSet(binaryCodes);
        return Vector512.ConditionalSelect(
            IsSet(residualCodes),
            Vector512.ConditionalSelect(isPositive, Vector512.Create(TwoBitLevels.PositiveHigh), Vector512<byte>.Zero),
            Vector512.ConditionalSelect(
                isPositive,
                Vector512.Create(TwoBitLevels.PositiveLow),
                Vector512.Create(TwoBitLevels.NegativeLow)
            )
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> MultiplyAdd(Vector512<byte> sums, Vector512<byte> levels, sbyte* codes) =>
        (sums.AsInt16() + Products(levels, Vector512.Load(codes))).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSums(Vector512<byte> a, Vector512<byte> b, Vector512<byte> c, Vector512<byte> d, int* totals)
    {
        if (!Avx512F.IsSupported)
        {
            TwoBitSimd256.AddSums(a.GetLower(), b.GetLower(), c.GetLower(), d.GetLower(), totals);
            TwoBitSimd256.AddSums(a.GetUpper(), b.GetUpper(), c.GetUpper(), d.GetUpper(), totals);
            return;
        }

        var (first, second) = (Pairs(Widen(a), Widen(b)).AsInt64(), Pairs(Widen(c), Widen(d)).AsInt64());
        var sums = (Avx512F.UnpackLow(first, second).AsInt32() + Avx512F.UnpackHigh(first, second).AsInt32());
        var half = sums.GetLower() + sums.GetUpper();
        (Vector128.Load(totals) + half.GetLower() + half.GetUpper()).Store(totals);

        static Vector512<int> Pairs(Vector512<int> left, Vector512<int> right) =>
            Avx512F.UnpackLow(left, right) + Avx512F.UnpackHigh(left, right);

        static Vector512<int> Widen(Vector512<byte> sums) =>
            Avx512BW.IsSupported
                ? Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512<short>.One)
                : ((sums.AsInt32() << 16) >> 16) + (sums.AsInt32() >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Products(Vector512<byte> levels, Vector512<sbyte> codes) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(levels, codes)
            : Vector512.Create(
                TwoBitSimd256.Products(levels.GetLower(), codes.GetLower()),
                TwoBitSimd256.Products(levels.GetUpper(), codes.GetUpper())
            );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> IsSet(byte* plane)
    {
        var bits = Vector512.Create(0x8040_2010_0804_0201).AsByte();
        var bytes = Vector512.Create(Unsafe.ReadUnaligned<ulong>(plane)).AsByte();
        var spread = Avx512BW.IsSupported ? Avx512BW.Shuffle(bytes, Places) : Vector512.Shuffle(bytes, Places);
        return Vector512.Equals(spread & bits, bits);
    }
}
