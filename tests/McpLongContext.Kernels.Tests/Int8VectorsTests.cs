using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class Int8VectorsTests
{
    public static TheoryData<Width, int> Dimensions() =>
        new(
            from width in Enum.GetValues<Width>()
            from dimensions in (int[])[1, 5, 15, 16, 17, 31, 32, 40, 384]
            select (width, dimensions)
        );

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Quantized_vectors_are_off_by_at_most_half_a_step(Width width, int dimensions)
    {
        const int Count = 20;
        var x = Sample.Uniform(1, Count * dimensions, 3);
        x.AsSpan(0, dimensions).Clear();
        var (codes, scales) = Quantize(width, x, dimensions);

        for (var row = 0; row < Count; row++)
        {
            var vector = x.AsSpan(row * dimensions, dimensions).ToArray();
            Assert.Equal(vector.Max(MathF.Abs) / 127, scales[row]);
            for (var i = 0; i < dimensions; i++)
            {
                Assert.InRange(
                    Math.Abs(vector[i] - (scales[row] * codes[(row * dimensions) + i])),
                    0,
                    scales[row] * 0.50001
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void Products_are_those_of_the_codes_times_the_scale(Width width, int dimensions)
    {
        const int Count = 20;
        const int Queries = 3;
        var query = Sample.Uniform(2, Queries * dimensions);
        var (codes, scales) = Quantize(width, Sample.Uniform(3, Count * dimensions), dimensions);
        var products = new float[Count * Queries];
        switch (width)
        {
            case Width.Bits512:
                Int8Vectors.Dot<Simd512, Vector512<float>>(codes, scales, query, dimensions, products);
                break;
            case Width.Bits256:
                Int8Vectors.Dot<Simd256, Vector256<float>>(codes, scales, query, dimensions, products);
                break;
            default:
                Int8Vectors.Dot<Simd128, Vector128<float>>(codes, scales, query, dimensions, products);
                break;
        }

        var expected =
            from row in Enumerable.Range(0, Count)
            from q in Enumerable.Range(0, Queries)
            select Dot(codes, scales, query, dimensions, row, q);
        Sample.Close([.. expected], products, 1e-6 * (dimensions + 1));
    }

    private static (sbyte[] Codes, float[] Scales) Quantize(Width width, float[] x, int dimensions)
    {
        var codes = new sbyte[x.Length];
        var scales = new float[x.Length / dimensions];
        switch (width)
        {
            case Width.Bits512:
                Int8Vectors.Quantize<Simd512, Vector512<float>>(x, codes, scales);
                break;
            case Width.Bits256:
                Int8Vectors.Quantize<Simd256, Vector256<float>>(x, codes, scales);
                break;
            default:
                Int8Vectors.Quantize<Simd128, Vector128<float>>(x, codes, scales);
                break;
        }

        return (codes, scales);
    }

    private static double Dot(sbyte[] codes, float[] scales, float[] queries, int dimensions, int row, int query) =>
        scales[row]
        * Enumerable
            .Range(0, dimensions)
            .Sum(i => (double)codes[(row * dimensions) + i] * queries[(query * dimensions) + i]);

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(77)]
    [InlineData(768)]
    public void A_weighted_vector_is_added_at_every_width(int dimensions)
    {
        var code = Sample.Uniform(3, dimensions, 127).Select(value => (sbyte)value).ToArray();
        var start = Sample.Uniform(4, dimensions, 2);
        double[] expected = [.. start.Zip(code, (sum, value) => sum + (0.37f * (double)value))];
        float[][] sums = [.. Enumerable.Range(0, 4).Select(_ => (float[])start.Clone())];
        Int8Vectors.Add(code, 0.37f, sums[0]);
        Int8Vectors.Add<Simd128, Vector128<float>>(code, 0.37f, sums[1]);
        Int8Vectors.Add<Simd256, Vector256<float>>(code, 0.37f, sums[2]);
        Int8Vectors.Add<Simd512, Vector512<float>>(code, 0.37f, sums[3]);

        Assert.All(sums, sum => Sample.Close(expected, sum, 1e-5));
    }
}
