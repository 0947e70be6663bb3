using System.Numerics;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class BinaryCodesTests
{
    private delegate void Scan(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<byte> queries,
        int size,
        ReadOnlySpan<int> offsets,
        Span<short> maxima
    );

    public static TheoryData<string, int> Paths() =>
        new(
            from path in (string[])["chosen", "512", "256", "words"]
            from size in (int[])[1, 7, 8, 16, 23, 24, 47, 48, 96, 100]
            select (path, size)
        );

    [Fact]
    public void A_bit_is_set_where_the_vector_exceeds_the_mean()
    {
        float[] vectors = [1, 0, 3, 0, 0, 0, 0, 8, -1, -2, -3, -4, -5, -6, -7, 9];
        float[] mean = [0, 0, 3, -1, 0, 0, 0, 0];
        var codes = new byte[2];
        BinaryCodes.Encode(vectors, mean, codes);
        Assert.Equal([0b1000_1001, 0b1000_0000], codes);
        Assert.Equal(48, BinaryCodes.Size(384));
        Assert.Throws<ArgumentException>("dimensions", () => BinaryCodes.Size(12));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_passage_gets_its_best_code_for_every_query(string path, int size)
    {
        const int Tokens = 700;
        const int Queries = 5;
        var random = new Random(size);
        var codes = new byte[Tokens * size];
        var query = new byte[Queries * size];
        random.NextBytes(codes);
        random.NextBytes(query);
        codes.AsSpan(3 * size, size).Clear();
        query.AsSpan(0, size).Fill(255);
        int[] offsets = [5, 6, 7, 8, 9, 16, 24, 33, 33, 161, 290, 700, 705, 705];
        var passages = offsets.Length - 1;
        var maxima = new short[passages * Queries];
        Scan scan = path switch
        {
            "512" => BinaryCodeScan.Vectors<BitSimd512, Vector512<ulong>>,
            "256" => BinaryCodeScan.Vectors<BitSimd256, Vector256<ulong>>,
            "words" => BinaryCodeScan.Words,
            _ => BinaryCodes.MaxSimilarity,
        };

        scan(codes, query, size, offsets, maxima);

        for (var p = 0; p < passages; p++)
        {
            for (var q = 0; q < Queries; q++)
            {
                var range = Enumerable.Range(offsets[p] - offsets[0], offsets[p + 1] - offsets[p]);
                var best = range.Select(token => Similarity(token, q)).DefaultIfEmpty(-8 * size).Max();
                Assert.Equal(best, maxima[(p * Queries) + q]);
            }
        }

        int Similarity(int token, int q) =>
            (8 * size)
            - (
                2
                * Enumerable
                    .Range(0, size)
                    .Sum(i => BitOperations.PopCount((uint)(codes[(token * size) + i] ^ query[(q * size) + i])))
            );
    }

    [Fact]
    public void A_scan_allocates_nothing()
    {
        var (codes, query, maxima) = (new byte[48 * 8], new byte[48 * 2], new short[2]);
        Scan();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Scan();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Scan() => BinaryCodes.MaxSimilarity(codes, query, 48, [0, 8], maxima);
    }

    [Fact]
    public void Offsets_that_do_not_fit_the_codes_are_refused()
    {
        foreach (
            var offsets in (int[][])
                [
                    [],
                    [0],
                    [0, 1],
                    [0, 3],
                    [0, 3, 2],
                    [int.MinValue, int.MaxValue],
                ]
        )
        {
            Assert.Throws<ArgumentException>(
                "offsets",
                () => BinaryCodes.MaxSimilarity(new byte[16], new byte[8], 8, offsets, new short[offsets.Length])
            );
        }
    }
}
