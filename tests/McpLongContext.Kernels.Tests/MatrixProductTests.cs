using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class MatrixProductTests
{
    public static TheoryData<Width, int, int, int> Shapes()
    {
        var data = new TheoryData<Width, int, int, int>();
        foreach (var width in Enum.GetValues<Width>())
        {
            data.Add(width, 1, 1, 1);
            data.Add(width, 13, 384, 384);
            data.Add(width, 3, 1536, 50);
            var random = new Random(1);
            for (var i = 0; i < 40; i++)
            {
                data.Add(width, random.Next(1, 40), random.Next(1, 200), random.Next(1, 150));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_product_equals_the_sum_of_products_at_every_width(Width width, int rows, int inputs, int outputs)
    {
        var x = Sample.Uniform(2, rows * inputs);
        var weights = Sample.Uniform(3, outputs * inputs);
        var bias = Sample.Uniform(4, outputs);
        var expected = Oracle.Product(x, weights, bias, rows, inputs, outputs);
        var y = new float[rows * outputs];

        Run(width, x, weights, outputs, bias, y, Activation.None);
        Sample.Close(expected, y, 2e-7 * (inputs + 10));

        Run(width, x, weights, outputs, bias, y, Activation.Gelu);
        Sample.Close([.. expected.Select(Oracle.Gelu)], y, 1e-6 + (2.5e-7 * (inputs + 10)));
    }

    [Fact]
    public void A_block_of_rows_larger_than_the_cache_block_is_computed_whole()
    {
        const int Rows = 91;
        const int Inputs = 2048;
        const int Outputs = 49;
        var x = Sample.Uniform(5, Rows * Inputs);
        var weights = Sample.Uniform(6, Outputs * Inputs);
        var y = new float[Rows * Outputs];
        MatrixProduct.Multiply(x, PackedMatrix.Pack(weights, Outputs, Inputs), [], y);
        Sample.Close(Oracle.Product(x, weights, [], Rows, Inputs, Outputs), y, 1e-4);
    }

    /// <summary>As few outputs as a question has tokens: the narrow tiles, with whole and partial vectors and rows.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 12)]
    [InlineData(8, 16)]
    [InlineData(67, 11)]
    [InlineData(67, 17)]
    [InlineData(9, 32)]
    [InlineData(67, 33)]
    public void Few_outputs_are_computed_as_many_are(int rows, int outputs)
    {
        const int Inputs = 384;
        var x = Sample.Uniform(10, rows * Inputs);
        var weights = Sample.Uniform(11, outputs * Inputs);
        var bias = Sample.Uniform(12, outputs);
        var y = new float[rows * outputs];

        var expected = Oracle.Product(x, weights, bias, rows, Inputs, outputs);

        MatrixProduct.Multiply(x, PackedMatrix.Pack(weights, outputs, Inputs), bias, y);
        Sample.Close(expected, y, 1e-4);

        // On every machine, whatever it chooses for itself.
        Run<Tile8x1<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(x, weights, outputs, bias, y);
        Sample.Close(expected, y, 1e-4);
        Run<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(x, weights, outputs, bias, y);
        Sample.Close(expected, y, 1e-4);
    }

    [Fact]
    public void The_result_is_written_nowhere_else()
    {
        const int Rows = 9;
        const int Outputs = 50;
        var memory = Enumerable.Repeat(7f, (Rows * Outputs) + 200).ToArray();
        var weights = PackedMatrix.Pack(Sample.Uniform(8, Outputs * 5), Outputs, 5);
        MatrixProduct.Multiply(Sample.Uniform(9, Rows * 5), weights, [], memory.AsSpan(100, Rows * Outputs));
        Assert.All(memory[..100], value => Assert.Equal(7f, value));
        Assert.All(memory[^100..], value => Assert.Equal(7f, value));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var weights = PackedMatrix.Pack(new float[12], 3, 4);
        Assert.Throws<ArgumentException>("weights", () => PackedMatrix.Pack(new float[11], 3, 4));
        Assert.Throws<ArgumentException>("x", () => MatrixProduct.Multiply(new float[7], weights, [], new float[3]));
        Assert.Throws<ArgumentException>("y", () => MatrixProduct.Multiply(new float[8], weights, [], new float[5]));
        var error = Assert.Throws<ArgumentException>(
            "bias",
            () => MatrixProduct.Multiply(new float[8], weights, new float[2], new float[6])
        );
        Assert.StartsWith("bias has 2 elements where 3 are needed.", error.Message, StringComparison.Ordinal);
    }

    private static void Run(
        Width width,
        float[] x,
        float[] weights,
        int outputs,
        float[] bias,
        float[] y,
        Activation activation
    )
    {
        switch (width)
        {
            case Width.Bits512:
                Run<Tile8x3<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                    x,
                    weights,
                    outputs,
                    bias,
                    y,
                    activation
                );
                break;
            case Width.Bits256:
                Run<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(
                    x,
                    weights,
                    outputs,
                    bias,
                    y,
                    activation
                );
                break;
            default:
                Run<Tile8x3<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(
                    x,
                    weights,
                    outputs,
                    bias,
                    y,
                    activation
                );
                break;
        }
    }

    private static void Run<TTile, TSimd, TVector>(
        float[] x,
        float[] weights,
        int outputs,
        float[] bias,
        float[] y,
        Activation activation = Activation.None
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged =>
        MatrixProduct.Multiply<TTile, TSimd, TVector>(
            x,
            PackedMatrix.Pack<TTile>(weights, outputs, weights.Length / outputs),
            bias,
            y,
            activation,
            0,
            (outputs + TTile.Columns - 1) / TTile.Columns
        );

    [Fact]
    public void Panels_of_outputs_are_multiplied_one_by_one()
    {
        var x = Sample.Uniform(1, 3 * 20);
        var packed = PackedMatrix.Pack(Sample.Uniform(2, 200 * 20), 200, 20);
        var (expected, found) = (new float[600], new float[600]);
        MatrixProduct.Multiply(x, packed, [], expected);
        for (var panel = packed.Panels - 1; panel >= 0; panel--)
        {
            Assert.NotEqual(expected, found);
            MatrixProduct.MultiplyPanels(x, packed, panel, 1, found);
        }

        Assert.Equal(expected, found);
        Assert.Throws<ArgumentOutOfRangeException>(
            "panels",
            () => MatrixProduct.MultiplyPanels(x, packed, 1, packed.Panels, found)
        );
    }
}
