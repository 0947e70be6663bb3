using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace McpLongContext.Kernels.Simd;

/// <summary>16 dimensions: every machine.</summary>
internal readonly unsafe struct TwoBitSimd128 : ITwoBitSimd<TwoBitSimd128, Vector128<byte>>
{
    public static int Bytes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Levels(byte* binaryCodes, byte* residualCodes)
    {
        var isPositive = IsSet(binaryCodes);
        return Vector128.ConditionalSelect(
            IsSet(residualCodes),
            isPositive & Vector128.Create(TwoBitLevels.PositiveHigh),
            Vector128.ConditionalSelect(
                isPositive,
                Vector128.Create(TwoBitLevels.PositiveLow),
                Vector128.Create(TwoBitLevels.NegativeLow)
            )
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MultiplyAdd(Vector128<byte> sums, Vector128<byte> levels, sbyte* codes) =>
        (sums.AsInt16() + Products(levels, Vector128.Load(codes))).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddSums(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c, Vector128<byte> d, int* totals)
    {
        totals[0] += Sum(a);
        totals[1] += Sum(b);
        totals[2] += Sum(c);
        totals[3] += Sum(d);

        static int Sum(Vector128<byte> sums)
        {
            var (low, high) = Vector128.Widen(sums.AsInt16());
            return Vector128.Sum(low + high);
        }
    }

    /// <summary>levels * codes, two products in each lane of 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<short> Products(Vector128<byte> levels, Vector128<sbyte> codes)
    {
        var (levelsLow, levelsHigh) = Vector128.Widen(levels.AsSByte());
        var (codesLow, codesHigh) = Vector128.Widen(codes);
        return (levelsLow * codesLow) + (levelsHigh * codesHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> IsSet(byte* plane)
    {
        var bits = Vector128.Create(0x8040_2010_0804_0201).AsByte();
        var bytes = Vector128.Create(plane[0] * 0x0101_0101_0101_0101UL, plane[1] * 0x0101_0101_0101_0101UL).AsByte();
        return Vector128.Equals(bytes & bits, bits);
    }
}
