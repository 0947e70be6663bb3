using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace McpLongContext.Kernels.Simd;

/// <summary>32 dimensions: AVX2.</summary>
internal readonly unsafe struct TwoBitSimd256 : ITwoBitSimd<TwoBitSimd256, Vector256<byte>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Bytes => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Levels(byte* binaryCodes, byte* residualCodes)
    {
        var isPositive = IsSet(binaryCodes);
        return Vector256.ConditionalSelect(
            IsSet(residualCodes),
            isPositive & Vector256.Create(TwoBitLevels.PositiveHigh),
            Vector256.ConditionalSelect(
                isPositive,
                Vector256.Create(TwoBitLevels.PositiveLow),
                Vector256.Create(TwoBitLevels.NegativeLow)
            )
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> MultiplyAdd(Vector256<byte> sums, Vector256<byte> levels, sbyte* codes) =>
        (sums.AsInt16() + Products(levels, Vector256.Load(codes))).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSums(Vector256<byte> a, Vector256<byte> b, Vector256<byte> c, Vector256<byte> d, int* totals)
    {
        if (!Avx2.IsSupported)
        {
            TwoBitSimd128.AddSums(a.GetLower(), b.GetLower(), c.GetLower(), d.GetLower(), totals);
            TwoBitSimd128.AddSums(a.GetUpper(), b.GetUpper(), c.GetUpper(), d.GetUpper(), totals);
            return;
        }

        var sums = Avx2.HorizontalAdd(Avx2.HorizontalAdd(Widen(a), Widen(b)), Avx2.HorizontalAdd(Widen(c), Widen(d)));
        (Vector128.Load(totals) + sums.GetLower() + sums.GetUpper()).Store(totals);

        static Vector256<int> Widen(Vector256<byte> sums) =>
            Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256<short>.One);
    }

    /// <summary>levels * codes, two products in each lane of 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<short> Products(Vector256<byte> levels, Vector256<sbyte> codes) =>
        Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(levels, codes)
            : Vector256.Create(
                TwoBitSimd128.Products(levels.GetLower(), codes.GetLower()),
                TwoBitSimd128.Products(levels.GetUpper(), codes.GetUpper())
            );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> IsSet(byte* plane)
    {
        var bits = Vector256.Create(0x8040_2010_0804_0201).AsByte();
        var bytes = Vector256.Create(Unsafe.ReadUnaligned<uint>(plane)).AsByte();
        // Each lane of 128 bits holds all four bytes.
        var places = Vector256
            .Create(0UL, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303)
            .AsByte();
        var spread = Avx2.IsSupported ? Avx2.Shuffle(bytes, places) : Vector256.Shuffle(bytes, places);
        return Vector256.Equals(spread & bits, bits);
    }
}
