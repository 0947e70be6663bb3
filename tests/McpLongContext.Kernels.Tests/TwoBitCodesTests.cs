using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class TwoBitCodesTests
{
    private delegate void MaxProduct(
        ReadOnlySpan<byte> binaryCodes,
        ReadOnlySpan<byte> residualCodes,
        int stride,
        ReadOnlySpan<float> scales,
        TwoBitQueries queries,
        Span<float> maxima
    );

    public static TheoryData<string, int, int> Cases() =>
        new(
            from path in (string[])["chosen", "512", "256", "128"]
            from size in (int[])[1, 2, 8, 11, 12, 13, 24, 47, 48, 49, 96, 128]
            from count in (int[])[1, 3, 4, 13]
            select (path, size, count)
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_query_gets_its_largest_product(string path, int size, int count)
    {
        const int Codes = 9;
        var random = new Random(size + count);
        var stride = size + random.Next(3);
        var (binaryCodes, residualCodes) = (new byte[Codes * size], new byte[Codes * stride]);
        random.NextBytes(binaryCodes);
        random.NextBytes(residualCodes);
        // The sums that come nearest to the bounds of 16 bits.
        binaryCodes.AsSpan(0, size).Fill(255);
        residualCodes.AsSpan(0, size).Fill(255);
        binaryCodes.AsSpan(size, size).Clear();
        residualCodes.AsSpan(stride, size).Fill(255);
        var queries = Sample.Uniform(size, count * size * 8);
        queries.AsSpan(0, size * 8).Fill(-0.3f);
        queries.AsSpan((count - 1) * size * 8, size * 8).Fill(0.3f);
        var scales = Enumerable.Range(0, Codes).Select(_ => 0.25f + random.NextSingle()).ToArray();
        var maxima = new float[count];
        MaxProduct product = path switch
        {
            "512" => TwoBitCodes.MaxProduct<TwoBitSimd512, Vector512<byte>>,
            "256" => TwoBitCodes.MaxProduct<TwoBitSimd256, Vector256<byte>>,
            "128" => TwoBitCodes.MaxProduct<TwoBitSimd128, Vector128<byte>>,
            _ => TwoBitCodes.MaxProduct,
        };

        product(binaryCodes, residualCodes, stride, scales, new TwoBitQueries(queries, size * 8), maxima);

        for (var q = 0; q < count; q++)
        {
            var query = queries.AsSpan(q * size * 8, size * 8).ToArray();
            var step = query.Max(MathF.Abs) / 127;
            var rounded = query.Select(value => Math.Round((double)value / step)).ToArray();
            var best = Enumerable.Range(0, Codes).Max(code => scales[code] * step * Dot(code, rounded));
            var exact = Enumerable.Range(0, Codes).Max(code => scales[code] * Dot(code, query.Select(v => (double)v)));
            Assert.Equal(best, maxima[q], 1e-5 * Math.Max(1, Math.Abs(best)));
            // Rounding errs by half a step at most, in every dimension.
            Assert.InRange(
                Math.Abs(exact - maxima[q]),
                0,
                (scales.Max() * step / 2 * TwoBitCodes.High * size * 8) + 1e-4
            );
        }

        double Dot(int code, IEnumerable<double> query) =>
            query
                .Select(
                    (value, i) =>
                        value
                        * (IsSet(residualCodes, (code * stride) + (i / 8), i) ? 10 : 3)
                        * (IsSet(binaryCodes, (code * size) + (i / 8), i) ? 1 : -1)
                )
                .Sum();

        static bool IsSet(byte[] plane, int at, int bit) => ((plane[at] >> (bit % 8)) & 1) == 1;
    }

    [Fact]
    public void A_query_may_have_any_number_of_tokens_and_of_dimensions()
    {
        const int Count = 5000;
        const int Size = 3001;
        var maxima = new float[Count];
        var queries = new float[Count * 8];
        queries.AsSpan().Fill(1);
        TwoBitCodes.MaxProduct([255], [255], 1, [1], new TwoBitQueries(queries, 8), maxima);
        Assert.All(maxima, value => Assert.Equal(8 * TwoBitCodes.High, value, 1e-4f));

        var wide = new float[Size * 8];
        wide.AsSpan().Fill(-1);
        TwoBitCodes.MaxProduct(
            new byte[Size],
            new byte[Size],
            Size,
            [1],
            new TwoBitQueries(wide, Size * 8),
            maxima.AsSpan(0, 1)
        );
        Assert.Equal(Size * 8 * TwoBitCodes.Low, maxima[0], 1f);
    }

    [Fact]
    public void The_queries_that_count_are_within_half_a_step_of_those_given()
    {
        var queries = Sample.Uniform(3, 5 * 24);
        var counted = new TwoBitQueries(queries, 24).Dequantize();
        Assert.All(queries.Zip(counted), pair => Assert.Equal(pair.First, pair.Second, 1 / 254f + 1e-6f));
    }

    [Fact]
    public void No_code_has_no_product_and_no_query_no_maximum()
    {
        var maxima = new float[2];
        TwoBitCodes.MaxProduct([], [], 1, [], new TwoBitQueries(new float[16], 8), maxima);
        Assert.All(maxima, value => Assert.Equal(float.NegativeInfinity, value));
        TwoBitCodes.MaxProduct(new byte[1], new byte[1], 1, [1], new TwoBitQueries([], 8), []);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        var queries = new TwoBitQueries(new float[32], 16);
        Refuse("binaryCodes", 5, 6, 3, 2, 2);
        Refuse("residualCodes", 4, 5, 3, 2, 2);
        Refuse("maxima", 4, 6, 3, 2, 1);
        Assert.Throws<ArgumentOutOfRangeException>(
            "stride",
            () => TwoBitCodes.MaxProduct(new byte[4], new byte[2], 1, new float[2], queries, new float[2])
        );
        Assert.Throws<ArgumentException>("queries", () => new TwoBitQueries(new float[9], 8));
        Assert.Throws<ArgumentException>("dimensions", () => new TwoBitQueries(new float[9], 9));

        void Refuse(string name, int binaryCodes, int residualCodes, int stride, int scales, int maxima) =>
            Assert.Throws<ArgumentException>(
                name,
                () =>
                    TwoBitCodes.MaxProduct(
                        new byte[binaryCodes],
                        new byte[residualCodes],
                        stride,
                        new float[scales],
                        queries,
                        new float[maxima]
                    )
            );
    }
}
