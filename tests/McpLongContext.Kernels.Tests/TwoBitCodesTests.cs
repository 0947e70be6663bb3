using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class TwoBitCodesTests
{
    private delegate void MaxProduct(
        ReadOnlySpan<byte> signs,
        ReadOnlySpan<byte> magnitudes,
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
        var (signs, magnitudes) = (new byte[Codes * size], new byte[Codes * stride]);
        random.NextBytes(signs);
        random.NextBytes(magnitudes);
        // The sums that come nearest to the bounds of 16 bits.
        signs.AsSpan(0, size).Fill(255);
        magnitudes.AsSpan(0, size).Fill(255);
        signs.AsSpan(size, size).Clear();
        magnitudes.AsSpan(stride, size).Fill(255);
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

        product(signs, magnitudes, stride, scales, new TwoBitQueries(queries, size * 8), maxima);

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
                        * (IsSet(magnitudes, (code * stride) + (i / 8), i) ? 10 : 3)
                        * (IsSet(signs, (code * size) + (i / 8), i) ? 1 : -1)
                )
                .Sum();

        static bool IsSet(byte[] plane, int at, int bit) => ((plane[at] >> (bit % 8)) & 1) == 1;
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
        Refuse("signs", 5, 6, 3, 2, 2);
        Refuse("magnitudes", 4, 5, 3, 2, 2);
        Refuse("maxima", 4, 6, 3, 2, 1);
        Assert.Throws<ArgumentOutOfRangeException>(
            "stride",
            () => TwoBitCodes.MaxProduct(new byte[4], new byte[2], 1, new float[2], queries, new float[2])
        );
        Assert.Throws<ArgumentException>("queries", () => new TwoBitQueries(new float[9], 8));
        Assert.Throws<ArgumentException>("dimensions", () => new TwoBitQueries(new float[9], 9));

        void Refuse(string name, int signs, int magnitudes, int stride, int scales, int maxima) =>
            Assert.Throws<ArgumentException>(
                name,
                () =>
                    TwoBitCodes.MaxProduct(
                        new byte[signs],
                        new byte[magnitudes],
                        stride,
                        new float[scales],
                        queries,
                        new float[maxima]
                    )
            );
    }
}
