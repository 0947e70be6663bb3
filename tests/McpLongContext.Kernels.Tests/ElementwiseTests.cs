using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class ElementwiseTests
{
    public static TheoryData<Width, int> Lengths()
    {
        var data = new TheoryData<Width, int>();
        foreach (var width in Enum.GetValues<Width>())
        {
            foreach (var length in (int[])[1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 384, 1001])
            {
                data.Add(width, length);
            }
        }

        return data;
    }

    [Fact]
    public void TanhGelu_is_the_approximation_of_its_paper()
    {
        float[] x = [.. Sample.Uniform(7, 3001, 12), 0, -100, 100, -1e6f, 1e6f];
        var y = (float[])x.Clone();
        TanhGelu.Apply(y);
        Sample.Close([.. x.Select(value => Oracle.TanhGelu(value))], y, 4e-6);
    }

    [Theory]
    [InlineData(Width.Bits128)]
    [InlineData(Width.Bits256)]
    [InlineData(Width.Bits512)]
    public void Gelu_is_within_a_millionth_of_the_exact_function(Width width)
    {
        float[] x =
        [
            .. Enumerable.Range(-120_000, 240_001).Select(i => i * 1e-4f),
            1e-8f,
            -1e-8f,
            30,
            -30,
            1000,
            -1000,
        ];
        var y = (float[])x.Clone();
        switch (width)
        {
            case Width.Bits512:
                ElementLoop.Apply<Gelu.Function, Simd512, Vector512<float>>(y);
                break;
            case Width.Bits256:
                ElementLoop.Apply<Gelu.Function, Simd256, Vector256<float>>(y);
                break;
            default:
                ElementLoop.Apply<Gelu.Function, Simd128, Vector128<float>>(y);
                break;
        }

        Sample.Close([.. x.Select(value => Oracle.Gelu(value))], y, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Softmax_of_each_row_is_exact_and_sums_to_one(Width width, int length)
    {
        var x = Sample.Uniform(1, 3 * length, 40);
        var y = (float[])x.Clone();
        switch (width)
        {
            case Width.Bits512:
                Softmax.Apply<Simd512, Vector512<float>>(y, length);
                break;
            case Width.Bits256:
                Softmax.Apply<Simd256, Vector256<float>>(y, length);
                break;
            default:
                Softmax.Apply<Simd128, Vector128<float>>(y, length);
                break;
        }

        var expected = x.Chunk(length).SelectMany(row => Oracle.Softmax([.. row.Select(value => (double)value)]));
        Sample.Close([.. expected], y, 5e-6);
        Assert.All(y.Chunk(length), row => Assert.Equal(1, row.Sum(value => (double)value), 1e-6));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Layer_norm_of_each_row_has_the_given_scale_and_shift(Width width, int length)
    {
        var x = Sample.Uniform(1, 3 * length, 5);
        var residual = Sample.Uniform(2, 3 * length, 5);
        var gamma = Sample.Uniform(3, length);
        var beta = Sample.Uniform(4, length);
        Check([]);
        Check(residual);

        void Check(float[] added)
        {
            var y = new float[x.Length];
            switch (width)
            {
                case Width.Bits512:
                    LayerNorm.Apply<Simd512, Vector512<float>>(x, added, gamma, beta, 1e-12f, y);
                    break;
                case Width.Bits256:
                    LayerNorm.Apply<Simd256, Vector256<float>>(x, added, gamma, beta, 1e-12f, y);
                    break;
                default:
                    LayerNorm.Apply<Simd128, Vector128<float>>(x, added, gamma, beta, 1e-12f, y);
                    break;
            }

            var sums = x.Select((value, i) => added.Length == 0 ? (double)value : (double)value + added[i]);
            var expected = sums.Chunk(length).SelectMany(row => Oracle.LayerNorm(row, gamma, beta, 1e-12));
            Sample.Close([.. expected], y, 5e-6);
        }
    }

    [Fact]
    public void Layer_norm_writes_over_its_input()
    {
        var x = Sample.Uniform(1, 64);
        var gamma = Sample.Uniform(2, 32);
        var beta = Sample.Uniform(3, 32);
        var y = new float[64];
        LayerNorm.Apply(x, x, gamma, beta, 1e-5f, y);
        LayerNorm.Apply(x, x, gamma, beta, 1e-5f, x);
        Assert.Equal(y, x);
    }
}
