using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class Int8MatrixProductTests
{
    /// <summary>The integer arithmetics; all of them run on any machine, with other instructions where it lacks theirs.</summary>
    public enum Arithmetic
    {
        Bytes128,
        Bytes256,
        Shorts256,
        Shorts512,
        Bytes512,
        Chosen,
    }

    public static TheoryData<Arithmetic, int, int, int> Shapes()
    {
        var data = new TheoryData<Arithmetic, int, int, int>();
        foreach (var arithmetic in Enum.GetValues<Arithmetic>())
        {
            data.Add(arithmetic, 1, 1, 1);
            data.Add(arithmetic, 49, 384, 48);
            data.Add(arithmetic, 3, 1537, 50);
            var random = new Random(1);
            for (var i = 0; i < 20; i++)
            {
                data.Add(arithmetic, random.Next(1, 110), random.Next(1, 200), random.Next(1, 150));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_product_is_the_exact_integer_sum_times_both_scales(
        Arithmetic arithmetic,
        int rows,
        int inputs,
        int outputs
    )
    {
        var x = Sample.Uniform(2, rows * inputs, 4);
        var weights = Sample.Uniform(3, outputs * inputs);
        var bias = Sample.Uniform(4, outputs);
        var expected = Reference(x, weights, bias, rows, inputs, outputs);
        var y = new float[rows * outputs];

        Run(arithmetic, x, weights, outputs, inputs, bias, y, Activation.None);
        // Sums are exact: what remains is the rounding of two factors, a multiply-add and the result.
        Sample.Close(expected, y, 3e-7 * (1 + expected.Max(Math.Abs)));

        Run(arithmetic, x, weights, outputs, inputs, bias, y, Activation.Gelu);
        Sample.Close([.. expected.Select(Oracle.Gelu)], y, 1e-6 + (4e-7 * expected.Max(Math.Abs)));
    }

    [Theory]
    [InlineData(Arithmetic.Bytes128)]
    [InlineData(Arithmetic.Bytes256)]
    [InlineData(Arithmetic.Shorts256)]
    [InlineData(Arithmetic.Shorts512)]
    [InlineData(Arithmetic.Bytes512)]
    [InlineData(Arithmetic.Chosen)]
    public void The_largest_codes_do_not_saturate(Arithmetic arithmetic)
    {
        const int Inputs = 4096;
        float[] x = [.. Enumerable.Repeat(1f, Inputs), .. Enumerable.Repeat(-1f, Inputs)];
        var weights = x;
        var y = new float[4];
        Run(arithmetic, x, weights, 2, Inputs, [], y, Activation.None);
        Sample.Close([Inputs, -Inputs, -Inputs, Inputs], y, 1e-3);
    }

    [Fact]
    public void Rows_and_outputs_of_zeros_give_the_bias()
    {
        var weights = Int8PackedMatrix.Pack([0, 0, 1, 2], 2, 2);
        var y = new float[4];
        Int8MatrixProduct.Multiply([0, 0, 3, 4], weights, [5, 6], y);
        Assert.Equal([5, 6, 5], y[..3]);
        Assert.Equal(17, y[3], 0.1);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var weights = Int8PackedMatrix.Pack(new float[12], 3, 4);
        Assert.Throws<ArgumentException>("weights", () => Int8PackedMatrix.Pack(new float[11], 3, 4));
        Assert.Throws<ArgumentOutOfRangeException>("inputs", () => Int8PackedMatrix.Pack([], 1, 70_000));
        Assert.Throws<ArgumentException>(
            "x",
            () => Int8MatrixProduct.Multiply(new float[7], weights, [], new float[3])
        );
        Assert.Throws<ArgumentException>(
            "y",
            () => Int8MatrixProduct.Multiply(new float[8], weights, [], new float[5])
        );
        Assert.Throws<ArgumentException>(
            "bias",
            () => Int8MatrixProduct.Multiply(new float[8], weights, new float[2], new float[6])
        );
    }

    private static double[] Reference(float[] x, float[] weights, float[] bias, int rows, int inputs, int outputs)
    {
        var a = x.Chunk(inputs).Select(Quantize).ToArray();
        var b = weights.Chunk(inputs).Select(Quantize).ToArray();
        var sums =
            from row in Enumerable.Range(0, rows)
            from output in Enumerable.Range(0, outputs)
            let sum = a[row].Codes.Zip(b[output].Codes, (left, right) => left * right).Sum()
            select ((double)a[row].Scale * b[output].Scale * sum) + bias[output];
        return [.. sums];
    }

    private static (float Scale, int[] Codes) Quantize(float[] x)
    {
        var max = x.Max(MathF.Abs);
        var factor = 127 / max;
        return (max / 127, [.. x.Select(value => (int)MathF.Round(value * factor))]);
    }

    private static void Run(
        Arithmetic arithmetic,
        float[] x,
        float[] weights,
        int outputs,
        int inputs,
        float[] bias,
        float[] y,
        Activation activation
    )
    {
        switch (arithmetic)
        {
            case Arithmetic.Bytes128:
                Run<
                    Tile8x2<ByteDotProduct128, int, Vector128<int>>,
                    ByteDotProduct128,
                    Vector128<int>,
                    Simd128,
                    Vector128<float>
                >();
                break;
            case Arithmetic.Bytes256:
                Run<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >();
                break;
            case Arithmetic.Shorts256:
                Run<
                    Tile6x2<ShortDotProduct256, int, Vector256<int>>,
                    ShortDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >();
                break;
            case Arithmetic.Shorts512:
                Run<
                    Tile8x3<ShortDotProduct512, int, Vector512<int>>,
                    ShortDotProduct512,
                    Vector512<int>,
                    Simd512,
                    Vector512<float>
                >();
                break;
            case Arithmetic.Bytes512:
                Run<
                    Tile8x3<ByteDotProduct512, int, Vector512<int>>,
                    ByteDotProduct512,
                    Vector512<int>,
                    Simd512,
                    Vector512<float>
                >();
                break;
            default:
                Int8MatrixProduct.Multiply(x, Int8PackedMatrix.Pack(weights, outputs, inputs), bias, y, activation);
                break;
        }

        void Run<TTile, TDot, TWords, TSimd, TVector>()
            where TTile : ITile<int>
            where TDot : IDotProduct<TDot, TWords>
            where TWords : unmanaged
            where TSimd : ISimd<TSimd, TVector>
            where TVector : unmanaged =>
            Int8MatrixProduct.Multiply<TTile, TDot, TWords, TSimd, TVector>(
                x,
                Int8PackedMatrix.Pack<TTile, TDot, TWords>(weights, outputs, inputs),
                bias,
                y,
                activation
            );
    }
}
