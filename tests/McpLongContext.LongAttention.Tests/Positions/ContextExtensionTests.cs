using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.LongAttention.Tests.Positions;

public sealed class ContextExtensionTests
{
    [Fact]
    public void Every_method_gives_the_frequencies_of_its_paper()
    {
        var golden = PositionGolden.Read().Rotary;
        Assert.Equal(16, golden.Length);
        foreach (var expected in golden)
        {
            var method = Enum.Parse<PositionMethod>(expected.Method, ignoreCase: true);
            var config = Config(RotaryScaling.None, expected.Window) with
            {
                HeadDim = expected.HeadDim,
                RopeTheta = expected.Theta,
            };

            var scaling = ContextExtension.Scale(config, method, expected.Length);

            Assert.Equal(expected.Method, scaling.Method);
            Assert.Equal(expected.AttentionFactor, scaling.AttentionFactor, 1e-6);
            var found = scaling.Frequencies(expected.HeadDim, expected.Theta);
            Assert.Equal(expected.Frequencies.Length, found.Length);
            for (var i = 0; i < found.Length; i++)
            {
                Assert.Equal(1, found[i] / expected.Frequencies[i], 1e-12);
            }
        }
    }

    [Fact]
    public void A_model_trained_with_a_scaling_goes_on_with_it()
    {
        var yarn = new YarnScaling(4, 100) { BetaFast = 20, OwnAttentionFactor = 2 };
        var longer = (YarnScaling)ContextExtension.Scale(Config(yarn, 400), PositionMethod.Yarn, 1000);
        Assert.Equal((10, 100, 20), (longer.Factor, longer.OriginalLength, longer.BetaFast));
        Assert.Equal(2 * (0.1 * Math.Log(10) + 1) / ((0.1 * Math.Log(4)) + 1), longer.AttentionFactor, 1e-6);

        var llama3 = new Llama3Scaling(8, 1, 4, 8192);
        Assert.Equal(
            llama3 with
            {
                Factor = 16,
            },
            ContextExtension.Scale(Config(llama3, 131_072), PositionMethod.Llama3, 262_144)
        );
    }

    [Fact]
    public void Linear_and_ntk_stretch_the_frequencies_that_a_model_was_trained_with()
    {
        var llama3 = new Llama3Scaling(8, 1, 4, 64);
        var config = Config(llama3, 512);
        var trained = llama3.Frequencies(8, config.RopeTheta);

        var linear = ContextExtension.Scale(config, PositionMethod.Linear, 1024).Frequencies(8, config.RopeTheta);
        var ntk = ContextExtension.Scale(config, PositionMethod.Ntk, 1024).Frequencies(8, config.RopeTheta);

        Assert.Equal(trained.Select(frequency => frequency / 2), linear);
        Assert.Equal(trained[0], ntk[0]);
        // The third of the four is the first that turns less than once in 512 tokens.
        Assert.Equal(trained[2] / 2, ntk[2], 1e-15);

        var yarn = new YarnScaling(4, 128);
        Assert.Equal(
            yarn.AttentionFactor,
            ContextExtension.Scale(Config(yarn, 512), PositionMethod.Ntk, 1024).AttentionFactor
        );
    }

    [Fact]
    public void A_method_that_does_not_fit_the_model_is_rejected()
    {
        var trained = Config(new Llama3Scaling(8, 1, 4, 64), 512);
        Assert.Throws<ArgumentException>("method", () => ContextExtension.Scale(trained, PositionMethod.Yarn, 1024));
        Assert.Throws<ArgumentException>("method", () => ContextExtension.Scale(trained, PositionMethod.Copy, 1024));
    }

    private static DecoderConfig Config(RotaryScaling scaling, int window) =>
        new()
        {
            Architecture = "llama",
            VocabularySize = 40,
            HiddenSize = 16,
            LayerCount = 2,
            HeadCount = 2,
            KeyValueHeadCount = 1,
            HeadDim = 8,
            IntermediateSize = 24,
            ContextLength = window,
            RmsNormEpsilon = 1e-5f,
            RotaryScaling = scaling,
        };
}
