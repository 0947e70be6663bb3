using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Search;

/// <summary>The paths of <see cref="BinaryCodes.MaxSimilarity"/>.</summary>
/// <remarks>
/// The vector path turns a piece of a passage around, so that lane i of a vector holds a word of code i, and then
/// counts differing bits for many codes side by side. Six words go through adders first (bitwise sums and carries),
/// which leaves three vectors of ones, twos and fours to count instead of six: the Harley-Seal idea of Mula, Kurz and
/// Lemire, "Faster Population Counts Using AVX2 Instructions" (2016).
/// </remarks>
internal static unsafe class BinaryCodeScan
{
    /// <summary>
    /// Codes turned around at a time: with codes of 48 bytes 6 KiB, which stay in the first-level cache.
    /// </summary>
    private const int Piece = 128;

    private const int CacheLine = 64;

    /// <summary>Words counted together.</summary>
    private const int Group = 6;

    public static void Vectors<TBits, TVector>(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<int> offsets,
        Span<short> maxima
    )
        where TBits : IBitSimd<TBits, TVector>
        where TVector : unmanaged
    {
        var count = Check(codes, queries, size, offsets, maxima);
        var words = (size + (Group * sizeof(ulong)) - 1) / (Group * sizeof(ulong)) * Group;
        // A scan of scattered passages is a call for each: what it needs must not be allocated anew.
        var needed = (words * (Piece + count)) + (CacheLine / sizeof(ulong));
        var rented = ArrayPool<ulong>.Shared.Rent(needed);
        if (words * sizeof(ulong) != size)
        {
            // The words that a code does not fill.
            rented.AsSpan(0, needed).Clear();
        }

        fixed (ulong* scratch = rented)
        fixed (
            byte* pc = codes,
                pq = queries
        )
        {
            var turned = (ulong*)(((nint)scratch + CacheLine - 1) & -CacheLine);
            var query = turned + (words * Piece);
            for (var i = 0; i < count; i++)
            {
                Buffer.MemoryCopy(pq + (i * size), query + (i * words), size, size);
            }

            for (var p = 0; p < offsets.Length - 1; p++)
            {
                var (start, tokens) = (offsets[p] - offsets[0], offsets[p + 1] - offsets[p]);
                var results = maxima.Slice(p * count, count);
                results.Fill((short)(-8 * size));
                for (var done = 0; done < tokens; done += Piece)
                {
                    var piece = Math.Min(Piece, tokens - done);
                    Turn<TBits, TVector>(pc + ((nint)(start + done) * size), piece, size, words, turned);
                    for (var i = 0; i < count; i++)
                    {
                        var distance = Nearest<TBits, TVector>(turned, piece, words, query + (i * words));
                        results[i] = Math.Max(results[i], (short)((8 * size) - (2 * distance)));
                    }
                }
            }
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    public static void Words(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<int> offsets,
        Span<short> maxima
    )
    {
        var count = Check(codes, queries, size, offsets, maxima);
        for (var p = 0; p < offsets.Length - 1; p++)
        {
            var (start, tokens) = (offsets[p] - offsets[0], offsets[p + 1] - offsets[p]);
            var results = maxima.Slice(p * count, count);
            results.Fill((short)(-8 * size));
            for (var token = start; token < start + tokens; token++)
            {
                var code = codes.Slice(token * size, size);
                for (var i = 0; i < count; i++)
                {
                    var distance = Distance(code, queries.Slice(i * size, size));
                    results[i] = Math.Max(results[i], (short)((8 * size) - (2 * distance)));
                }
            }
        }
    }

    private static int Distance(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var distance = 0;
        var i = 0;
        for (; i <= left.Length - sizeof(ulong); i += sizeof(ulong))
        {
            distance += BitOperations.PopCount(BitConverter.ToUInt64(left[i..]) ^ BitConverter.ToUInt64(right[i..]));
        }

        for (; i < left.Length; i++)
        {
            distance += BitOperations.PopCount((uint)(left[i] ^ right[i]));
        }

        return distance;
    }

    /// <summary>
    /// Codes [count, size] to words [count / Lanes, words, Lanes]; the last vector is filled up with the last code,
    /// which changes no maximum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn<TBits, TVector>(byte* codes, int count, int size, int words, ulong* target)
        where TBits : IBitSimd<TBits, TVector>
        where TVector : unmanaged
    {
        var whole = size / sizeof(ulong);
        var begin = 0;
        if (Avx512F.IsSupported && TBits.Lanes == Vector512<ulong>.Count && size == Group * sizeof(ulong))
        {
            for (; begin <= count - TBits.Lanes; begin += TBits.Lanes, target += TBits.Lanes * words)
            {
                TurnEight((long*)(codes + (begin * size)), (long*)target);
            }
        }

        for (var first = begin; first < count; first += TBits.Lanes, target += TBits.Lanes * words)
        {
            for (var lane = 0; lane < TBits.Lanes; lane++)
            {
                var source = codes + (Math.Min(first + lane, count - 1) * size);
                var t = target + lane;
                for (var word = 0; word < whole; word++, t += TBits.Lanes)
                {
                    *t = Unsafe.ReadUnaligned<ulong>(source + (word * sizeof(ulong)));
                }

                if (size % sizeof(ulong) != 0)
                {
                    ulong rest = 0;
                    Buffer.MemoryCopy(source + (whole * sizeof(ulong)), &rest, sizeof(ulong), size % sizeof(ulong));
                    *t = rest;
                }
            }
        }
    }

    /// <summary>
    /// Eight codes of six words, <c>[8, 6]</c>, to <c>[6, 8]</c>: four codes lie in three vectors, from which two words
    /// of each are taken at a time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnEight(long* codes, long* target)
    {
        TurnTwoWords(
            codes,
            Vector512.Create(0L, 6, 12, 0, 1, 7, 13, 0),
            Vector512.Create(0L, 1, 2, 10, 4, 5, 6, 11),
            target
        );
        TurnTwoWords(
            codes,
            Vector512.Create(2L, 8, 14, 0, 3, 9, 15, 0),
            Vector512.Create(0L, 1, 2, 12, 4, 5, 6, 13),
            target + (2 * Vector512<long>.Count)
        );
        TurnTwoWords(
            codes,
            Vector512.Create(4L, 10, 0, 0, 5, 11, 0, 0),
            Vector512.Create(0L, 1, 8, 14, 4, 5, 9, 15),
            target + (4 * Vector512<long>.Count)
        );
    }

    /// <summary>Two words of eight codes, <c>[2, 8]</c>.</summary>
    /// <param name="codes">[8, 6].</param>
    /// <param name="early">Where the words stand in the first two vectors of four codes.</param>
    /// <param name="late">Where they stand in those and the third vector.</param>
    /// <param name="target">Overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnTwoWords(long* codes, Vector512<long> early, Vector512<long> late, long* target)
    {
        var low = OfFour(codes, early, late);
        var high = OfFour(codes + (3 * Vector512<long>.Count), early, late);
        Avx512F.Shuffle4x128(low, high, 0b01_00_01_00).Store(target);
        Avx512F.Shuffle4x128(low, high, 0b11_10_11_10).Store(target + Vector512<long>.Count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<long> OfFour(long* codes, Vector512<long> early, Vector512<long> late) =>
            Avx512F.PermuteVar8x64x2(
                Avx512F.PermuteVar8x64x2(Vector512.Load(codes), early, Vector512.Load(codes + Vector512<long>.Count)),
                late,
                Vector512.Load(codes + (2 * Vector512<long>.Count))
            );
    }

    /// <summary>The smallest number of bits in which a code differs from the query.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Nearest<TBits, TVector>(ulong* codes, int count, int words, ulong* query)
        where TBits : IBitSimd<TBits, TVector>
        where TVector : unmanaged
    {
        var nearest = TBits.Broadcast(int.MaxValue);
        for (var i = 0; i < count; i += TBits.Lanes)
        {
            TVector distance = default;
            for (var word = 0; word < words; word += Group, codes += Group * TBits.Lanes)
            {
                var a = Load(codes, query + word);
                var b = Load(codes + TBits.Lanes, query + word + 1);
                var c = Load(codes + (2 * TBits.Lanes), query + word + 2);
                var d = Load(codes + (3 * TBits.Lanes), query + word + 3);
                var e = Load(codes + (4 * TBits.Lanes), query + word + 4);
                var f = Load(codes + (5 * TBits.Lanes), query + word + 5);
                var (low, high) = (TBits.Parity(a, b, c), TBits.Parity(d, e, f));
                var (carry, carries) = (TBits.Majority(a, b, c), TBits.Majority(d, e, f));
                var both = TBits.And(low, high);
                // The bytes hold 4 fours + 2 twos + ones, at most 56.
                var bytes = TBits.AddBitCounts(default, TBits.Majority(carry, carries, both));
                bytes = TBits.AddBitCounts(TBits.AddBytes(bytes, bytes), TBits.Parity(carry, carries, both));
                bytes = TBits.AddBitCounts(TBits.AddBytes(bytes, bytes), TBits.Xor(low, high));
                distance = TBits.Add(distance, TBits.SumBytes(bytes));
            }

            nearest = TBits.Min(nearest, distance);
        }

        return TBits.Min(nearest);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TVector Load(ulong* codes, ulong* query) => TBits.Xor(TBits.Load(codes), TBits.Broadcast(*query));
    }

    /// <summary>Returns how many queries there are.</summary>
    private static int Check(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<int> offsets,
        Span<short> maxima
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var tokens = Shape.Rows(codes.Length, size, nameof(codes));
        var count = Shape.Rows(queries.Length, size, nameof(queries));
        Shape.Check(offsets, tokens);
        Shape.Check(maxima.Length, offsets.Length - 1, count, nameof(maxima));
        return count;
    }
}
