using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Products.Blocks;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class Int8BlockProductTests
{
    private const int Block = 32;

    /// <summary>The arithmetics; all of them run on any machine, with other instructions where it lacks theirs.</summary>
    public enum Arithmetic
    {
        Bits128,
        Bits256,
        Widening,
        Chosen,
    }

    public static TheoryData<Arithmetic, int, int, int> Shapes()
    {
        var data = new TheoryData<Arithmetic, int, int, int>();
        foreach (var arithmetic in Enum.GetValues<Arithmetic>())
        {
            data.Add(arithmetic, 1, 1, 1);
            data.Add(arithmetic, 1, 288, 50);
            data.Add(arithmetic, 13, 2048, 32);
            data.Add(arithmetic, 2, 8192, 3);
            data.Add(arithmetic, 80, 5632, 17);
            var random = new Random(1);
            for (var i = 0; i < 15; i++)
            {
                data.Add(arithmetic, random.Next(1, 40), random.Next(1, 200), random.Next(1, 80));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_product_is_the_sum_over_blocks_of_exact_sums_times_both_scales(
        Arithmetic arithmetic,
        int rows,
        int inputs,
        int outputs
    )
    {
        var x = Sample.Uniform(2, rows * inputs, 4);
        var weights = Sample.Uniform(3, outputs * inputs);
        var expected = Reference(x, weights, rows, inputs, outputs);
        var y = new float[rows * outputs];

        Run(arithmetic, x, weights, rows, inputs, outputs, y);

        Sample.Close(expected, y, 2e-6 * (1 + expected.Max(Math.Abs)));
    }

    [Theory]
    [InlineData(Arithmetic.Bits128)]
    [InlineData(Arithmetic.Bits256)]
    [InlineData(Arithmetic.Widening)]
    [InlineData(Arithmetic.Chosen)]
    public void The_largest_codes_do_not_saturate(Arithmetic arithmetic)
    {
        const int Inputs = 4096;
        float[] x = [.. Enumerable.Repeat(1f, Inputs), .. Enumerable.Repeat(-1f, Inputs)];
        var y = new float[4];
        Run(arithmetic, x, x, 2, Inputs, 2, y);
        Sample.Close([Inputs, -Inputs, -Inputs, Inputs], y, 1e-2);
    }

    [Fact]
    public void Weights_of_eight_bits_with_a_scale_a_block_lose_nothing()
    {
        // One input a time is 1, all others 0: the products are the weights themselves.
        var random = new Random(5);
        var weights = new float[16 * Block];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = (i % Block == 7 ? 127 : random.Next(-127, 128)) * 0.015625f;
        }

        var y = new float[Block * 16];
        var identity = new float[Block * Block];
        for (var i = 0; i < Block; i++)
        {
            identity[(i * Block) + i] = 127;
        }

        Run(Arithmetic.Chosen, identity, weights, Block, Block, 16, y);
        for (var input = 0; input < Block; input++)
        {
            for (var output = 0; output < 16; output++)
            {
                Assert.Equal(127 * weights[(output * Block) + input], y[(input * 16) + output], 1e-5);
            }
        }
    }

    [Fact]
    public void Zeros_and_numbers_too_small_for_a_scale_give_zeros()
    {
        var y = new float[2];
        Run(Arithmetic.Chosen, [0, 0], [1, 2, 3, 4], 1, 2, 2, y);
        Assert.Equal([0, 0], y);
        Run(Arithmetic.Chosen, [1e-39f, 1e-40f], [1e-39f, 2, 0, 0], 1, 2, 2, y);
        Assert.All(y, value => Assert.InRange(value, -1e-30f, 1e-30f));
    }

    [Fact]
    public void Only_the_given_panels_are_written()
    {
        var matrix = new Int8BlockMatrix(40, 4);
        for (var panel = 0; panel < matrix.Panels; panel++)
        {
            matrix.SetPanel(panel, Sample.Uniform(panel, (panel < 2 ? 16 : 8) * 4));
        }

        var rows = new Int8BlockRows();
        rows.Resize(1, 4);
        rows.Quantize([1, 2, 3, 4], 0, 1);
        var y = new float[40];
        Array.Fill(y, 99);
        Int8BlockProduct.Multiply(rows, matrix, 1, 1, y);
        Assert.Equal(
            [.. Enumerable.Range(0, 40).Where(i => y[i] == 99)],
            [.. Enumerable.Range(0, 16), .. Enumerable.Range(32, 8)]
        );
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var matrix = new Int8BlockMatrix(20, 4);
        Assert.Equal(2, matrix.Panels);
        Assert.Throws<ArgumentException>("weights", () => matrix.SetPanel(1, new float[64]));
        Assert.Throws<ArgumentOutOfRangeException>("panel", () => matrix.SetPanel(2, new float[16]));
        var rows = new Int8BlockRows();
        rows.Resize(2, 4);
        Assert.Throws<ArgumentException>("x", () => rows.Quantize(new float[7], 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>("rows", () => rows.Quantize(new float[8], 1, 2));
        rows.Quantize(new float[8], 0, 2);
        Assert.Throws<ArgumentException>("y", () => Int8BlockProduct.Multiply(rows, matrix, 0, 2, new float[20]));
        Assert.Throws<ArgumentOutOfRangeException>(
            "panels",
            () => Int8BlockProduct.Multiply(rows, matrix, 1, 2, new float[40])
        );
        Assert.Throws<ArgumentException>(
            "x",
            () => Int8BlockProduct.Multiply(rows, new Int8BlockMatrix(20, 5), 0, 2, new float[40])
        );
    }

    private static double[] Reference(float[] x, float[] weights, int rows, int inputs, int outputs)
    {
        var a = x.Chunk(inputs).Select(row => row.Chunk(Block).Select(Quantize).ToArray()).ToArray();
        var b = weights.Chunk(inputs).Select(row => row.Chunk(Block).Select(Quantize).ToArray()).ToArray();
        return
        [
            .. from row in Enumerable.Range(0, rows)
            from output in Enumerable.Range(0, outputs)
            select a[row]
                .Zip(b[output], (l, r) => (double)l.Scale * r.Scale * l.Codes.Zip(r.Codes, (m, n) => m * n).Sum())
                .Sum(),
        ];
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
        int rows,
        int inputs,
        int outputs,
        float[] y
    )
    {
        var matrix = new Int8BlockMatrix(outputs, inputs);
        for (var panel = 0; panel < matrix.Panels; panel++)
        {
            var first = panel * Int8BlockMatrix.PanelOutputs;
            var count = Math.Min(Int8BlockMatrix.PanelOutputs, outputs - first);
            matrix.SetPanel(panel, weights.AsSpan(first * inputs, count * inputs));
        }

        var quantized = new Int8BlockRows();
        quantized.Resize(rows, inputs);
        switch (arithmetic)
        {
            case Arithmetic.Bits128:
                quantized.Quantize<Simd128, Vector128<float>>(x, 0, rows);
                Int8BlockProduct.Multiply<BlockDot128, Vector128<int>>(quantized, matrix, 0, matrix.Panels, y);
                break;
            case Arithmetic.Bits256:
                quantized.Quantize<Simd256, Vector256<float>>(x, 0, rows);
                Int8BlockProduct.Multiply<BlockDot256, Vector256<int>>(quantized, matrix, 0, matrix.Panels, y);
                break;
            case Arithmetic.Widening:
                quantized.Quantize<Simd512, Vector512<float>>(x, 0, rows);
                Int8BlockProduct.Multiply<WideningDot256, Vector256<int>>(quantized, matrix, 0, matrix.Panels, y);
                break;
            default:
                quantized.Quantize(x, 0, rows);
                Int8BlockProduct.Multiply(quantized, matrix, 0, matrix.Panels, y);
                break;
        }
    }
}
