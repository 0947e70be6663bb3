using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>The promises of each method for the frequencies; the tiny decoders test their values.</summary>
public sealed class RotaryScalingTests
{
    private const int HeadDim = 64;
    private const double Theta = 10_000;

    private static readonly double[] s_plain = RotaryScaling.None.Frequencies(HeadDim, Theta);

    [Fact]
    public void Without_scaling_the_frequencies_go_from_one_to_nearly_one_over_theta()
    {
        Assert.Equal(32, s_plain.Length);
        Assert.Equal(1, s_plain[0]);
        Assert.Equal(Math.Pow(Theta, -62.0 / 64), s_plain[^1], 1e-15);
    }

    [Fact]
    public void Ntk_leaves_the_highest_frequency_and_no_angle_comes_beyond_those_of_the_training()
    {
        var scaled = new NtkScaling(4, 2048).Frequencies(HeadDim, Theta);
        Assert.Equal(1, scaled[0]);
        for (var i = 1; i < scaled.Length; i++)
        {
            Assert.InRange(scaled[i], 0, s_plain[i] * 0.9999);
            if (2048 * s_plain[i] < 2 * Math.PI)
            {
                Assert.InRange(8192 * scaled[i], 0, 2048 * s_plain[i] * 1.0001);
            }
        }

        Assert.Equal([1], new NtkScaling(4, 2048).Frequencies(2, Theta));
    }

    [Fact]
    public void Where_every_frequency_has_turned_ntk_divides_the_lowest_by_the_factor()
    {
        var scaled = new NtkScaling(4, 1 << 20).Frequencies(HeadDim, Theta);
        Assert.Equal(s_plain[^1] / 4, scaled[^1], 1e-12);
    }

    [Fact]
    public void Yarn_leaves_fast_frequencies_divides_slow_ones_and_raises_attention()
    {
        var yarn = new YarnScaling(4, 2048);
        var scaled = yarn.Frequencies(HeadDim, Theta);
        for (var i = 0; i < scaled.Length; i++)
        {
            // Outside the ramp, whose ends are rounded to whole pairs.
            var rotations = 2048 * s_plain[i] / (2 * Math.PI);
            if (rotations > 32 * 1.4)
            {
                Assert.Equal(s_plain[i], scaled[i]);
            }
            else if (rotations < 1 / 1.4)
            {
                Assert.Equal(s_plain[i] / 4, scaled[i], 1e-15);
            }
            else
            {
                Assert.InRange(scaled[i], s_plain[i] / 4.0001, s_plain[i]);
            }
        }

        Assert.Equal((0.1 * Math.Log(4)) + 1, yarn.AttentionFactor, 1e-6);
        Assert.Equal(2, (yarn with { OwnAttentionFactor = 2 }).AttentionFactor);
    }

    [Fact]
    public void A_factor_of_one_changes_nothing()
    {
        RotaryScaling[] methods =
        [
            new LinearScaling(1),
            new NtkScaling(1, 2048),
            new YarnScaling(1, 2048),
            new Llama3Scaling(1, 1, 4, 2048),
            new DividedScaling([.. Enumerable.Repeat(1f, 32)]),
        ];
        foreach (var method in methods)
        {
            var scaled = method.Frequencies(HeadDim, Theta);
            Assert.All(scaled.Zip(s_plain), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
            Assert.Equal(1, method.AttentionFactor);
            Assert.Equal(1, method.Extension);
        }
    }
}
