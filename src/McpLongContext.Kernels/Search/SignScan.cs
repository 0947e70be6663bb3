using System.Numerics;
using System.Runtime.CompilerServices;

namespace McpLongContext.Kernels;

/// <summary>The paths of <see cref="SignCodes.MaxSimilarity"/>.</summary>
/// <remarks>
/// The vector path turns a piece of a passage around, so that lane i of a vector holds a word of code i, and then
/// counts differing bits for many codes side by side. Three words go through a full adder first (bitwise sum and
/// carry), which leaves two vectors to count instead of three: the Harley-Seal idea of Mula, Kurz and Lemire, "Faster
/// Population Counts Using AVX2 Instructions" (2016).
/// </remarks>
internal static unsafe class SignScan
{
    /// <summary>Codes turned around at a time: with codes of 48 bytes 6 KiB, which stay in the first-level cache.</summary>
    private const int Piece = 128;

    /// <summary>Words counted together.</summary>
    private const int Group = 3;

    public static void Vectors<TBits, TVector>(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<TokenRange> passages,
        Span<short> maxima
    )
        where TBits : IBitSimd<TBits, TVector>
        where TVector : unmanaged
    {
        var count = Check(codes, queries, size, passages, maxima);
        var words = (size + (Group * sizeof(ulong)) - 1) / (Group * sizeof(ulong)) * Group;
        var turned = new AlignedArray<ulong>(words * Piece);
        var query = new AlignedArray<ulong>(words * count);
        fixed (
            byte* pc = codes,
                pq = queries
        )
        {
            for (var i = 0; i < count; i++)
            {
                Buffer.MemoryCopy(pq + (i * size), query.Pointer + (i * words), size, size);
            }

            for (var p = 0; p < passages.Length; p++)
            {
                var passage = passages[p];
                var results = maxima.Slice(p * count, count);
                results.Fill((short)(-8 * size));
                for (var done = 0; done < passage.Count; done += Piece)
                {
                    var piece = Math.Min(Piece, passage.Count - done);
                    Turn<TBits, TVector>(
                        pc + ((nint)(passage.Start + done) * size),
                        piece,
                        size,
                        words,
                        turned.Pointer
                    );
                    for (var i = 0; i < count; i++)
                    {
                        var distance = Nearest<TBits, TVector>(
                            turned.Pointer,
                            piece,
                            words,
                            query.Pointer + (i * words)
                        );
                        results[i] = Math.Max(results[i], (short)((8 * size) - (2 * distance)));
                    }
                }
            }
        }

        GC.KeepAlive(turned);
        GC.KeepAlive(query);
    }

    public static void Words(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<TokenRange> passages,
        Span<short> maxima
    )
    {
        var count = Check(codes, queries, size, passages, maxima);
        for (var p = 0; p < passages.Length; p++)
        {
            var passage = passages[p];
            var results = maxima.Slice(p * count, count);
            results.Fill((short)(-8 * size));
            for (var token = passage.Start; token < passage.Start + passage.Count; token++)
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
    /// Codes [count, size] to words [count / Lanes, words, Lanes]; the last vector is filled up with the last code, which
    /// changes no maximum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn<TBits, TVector>(byte* codes, int count, int size, int words, ulong* target)
        where TBits : IBitSimd<TBits, TVector>
        where TVector : unmanaged
    {
        var whole = size / sizeof(ulong);
        var rounded = (count + TBits.Lanes - 1) / TBits.Lanes * TBits.Lanes;
        for (var i = 0; i < rounded; i++)
        {
            var source = codes + (Math.Min(i, count - 1) * size);
            var t = target + (i / TBits.Lanes * TBits.Lanes * words) + (i % TBits.Lanes);
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
                var a = TBits.Xor(TBits.Load(codes), TBits.Broadcast(query[word]));
                var b = TBits.Xor(TBits.Load(codes + TBits.Lanes), TBits.Broadcast(query[word + 1]));
                var c = TBits.Xor(TBits.Load(codes + (2 * TBits.Lanes)), TBits.Broadcast(query[word + 2]));
                var ones = TBits.AddBitCounts(default, TBits.Parity(a, b, c));
                var twos = TBits.AddBitCounts(default, TBits.Majority(a, b, c));
                // At most 24 a byte in a group: the sum is taken before it could exceed 255.
                distance = TBits.Add(distance, TBits.SumBytes(TBits.AddBytes(ones, TBits.AddBytes(twos, twos))));
            }

            nearest = TBits.Min(nearest, distance);
        }

        return TBits.Min(nearest);
    }

    /// <summary>Returns how many queries there are.</summary>
    private static int Check(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<TokenRange> passages,
        Span<short> maxima
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var tokens = Shape.Rows(codes.Length, size, nameof(codes));
        var count = Shape.Rows(queries.Length, size, nameof(queries));
        Shape.Check(maxima.Length, passages.Length, count, nameof(maxima));
        Shape.Check(passages, tokens);
        return count;
    }
}
