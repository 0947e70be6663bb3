using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class DecoderElementwiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(64)]
    [InlineData(1001)]
    public void Rms_norm_of_each_row_has_the_given_scale(int width)
    {
        var x = Sample.Uniform(1, 3 * width, 5);
        var gamma = Sample.Uniform(2, width);
        var y = new float[x.Length];
        RmsNorm.Apply(x, gamma, 1e-5f, y);
        var expected = x.Chunk(width)
            .SelectMany(row =>
            {
                var root = Math.Sqrt(row.Average(value => (double)value * value) + 1e-5f);
                return row.Select((value, i) => value / root * gamma[i]);
            });
        Sample.Close([.. expected], y, 2e-6);

        RmsNorm.Apply(x, gamma, 1e-5f, x);
        Assert.Equal(y, x);
        Assert.Throws<ArgumentException>("y", () => RmsNorm.Apply(x, gamma, 1e-5f, new float[1 + x.Length]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(2500)]
    public void Swiglu_is_the_gate_times_its_sigmoid_times_the_other(int length)
    {
        var gate = Sample.Uniform(1, length, 20);
        var up = Sample.Uniform(2, length, 3);
        var expected = gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u).ToArray();
        SwiGlu.Apply(gate, up);
        Sample.Close(expected, gate, 2e-5);
        Assert.Throws<ArgumentException>("up", () => SwiGlu.Apply(gate, new float[1 + length]));
    }

    [Fact]
    public void Swiglu_of_large_numbers_is_finite()
    {
        float[] gate = [200, -200, 1e30f, -1e30f];
        SwiGlu.Apply(gate, [1, 1, 1, 1]);
        Assert.Equal([200, 0, 1e30f, 0], gate.Select(value => value == 0 || Math.Abs(value) > 1e-30f ? value + 0f : 0));
    }

    [Theory]
    [InlineData(Width.Bits128)]
    [InlineData(Width.Bits256)]
    [InlineData(Width.Bits512)]
    public void Elu_plus_one_is_positive_and_a_straight_line_above_zero(Width width)
    {
        float[] x = [.. Sample.Uniform(1, 1001, 12), 0, -0f, 1e30f, -80, -1e30f];
        var expected = x.Select(value => value > 0 ? value + 1.0 : Math.Max(Math.Exp(value), Math.ScaleB(1, -126)))
            .ToArray();
        switch (width)
        {
            case Width.Bits512:
                ElementLoop.Apply<EluPlusOne.Function, Simd512, Vector512<float>>(x);
                break;
            case Width.Bits256:
                ElementLoop.Apply<EluPlusOne.Function, Simd256, Vector256<float>>(x);
                break;
            default:
                ElementLoop.Apply<EluPlusOne.Function, Simd128, Vector128<float>>(x);
                break;
        }

        Assert.DoesNotContain(x, value => value <= 0);
        // The exponent is rounded before its power is taken, so that the error is relative and grows with it.
        Sample.Close([.. expected.Select(value => Math.Log(value))], [.. x.Select(value => MathF.Log(value))], 2e-5);
    }
}
