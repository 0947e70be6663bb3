using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules;

/// <summary>The modules against the engine that runs what they train, on the same weights.</summary>
public sealed class InfiniDecoderTests
{
    private const int SegmentTokens = 8;
    private const int Segments = 4;

    public static TheoryData<string, UpdateRule> Cases()
    {
        var data = new TheoryData<string, UpdateRule>();
        foreach (var family in TinyModels.Families)
        {
            data.Add(family, UpdateRule.Linear);
            data.Add(family, UpdateRule.Delta);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    internal void Logits_after_every_token_are_those_of_the_engine(string family, UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random(family, new AdapterSettings { Rule = rule, Rank = 3 });
        var tokens = TinyModels.Tokens(model.Config, Segments * SegmentTokens);

        var logits = model.Logits(model.Read(TinyModels.AsSegments(tokens, SegmentTokens)).States);

        using var engine = Engine.Of(family, model, rule);
        AssertClose(engine.Logits(tokens), logits.data<float>().ToArray(), 1e-4f);
    }

    [Theory]
    [InlineData("llama", UpdateRule.Linear)]
    [InlineData("qwen2", UpdateRule.Delta)]
    internal void Memory_after_every_segment_is_that_of_the_engine(string family, UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random(family, new AdapterSettings { Rule = rule, Rank = 3 });
        var tokens = TinyModels.Tokens(model.Config, Segments * SegmentTokens);
        using var engine = Engine.Of(family, model, rule);
        IReadOnlyList<MemoryState?>? memories = null;
        for (var segment = 0; segment < Segments; segment++)
        {
            var part = tokens[(segment * SegmentTokens)..((segment + 1) * SegmentTokens)];
            (_, memories) = model.Read(TinyModels.AsSegments(part, SegmentTokens), memories);
            engine.Remember(part);
            for (var layer = 0; layer < model.Config.LayerCount; layer++)
            {
                for (var head = 0; head < model.Config.KeyValueHeadCount; head++)
                {
                    var matrix = memories[layer]!.Matrix[0, head].transpose(0, 1).contiguous();
                    var normalizer = memories[layer]!.Normalizer[0, head].contiguous();
                    float[] found = [.. matrix.data<float>(), .. normalizer.data<float>()];
                    AssertClose(engine.Memory.State(layer, head).ToArray(), found, 1e-4f);
                }
            }
        }
    }

    [Theory]
    [InlineData(UpdateRule.Linear)]
    [InlineData(UpdateRule.Delta)]
    internal void Segments_that_are_read_one_by_one_give_what_all_at_once_give(UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("llama", new AdapterSettings { Rule = rule, Rank = 3 });
        var tokens = TinyModels.AsSegments(TinyModels.Tokens(model.Config, Segments * SegmentTokens), SegmentTokens);

        var (atOnce, after) = model.Read(tokens);

        var (_, half) = model.Read(tokens.narrow(1, 0, 2));
        var (states, rest) = model.Read(tokens.narrow(1, 2, 2), half);
        Assert.True(atOnce.narrow(1, 2, 2).allclose(states, rtol: 1e-4, atol: 1e-5));
        Assert.True(after[^1]!.Matrix.allclose(rest[^1]!.Matrix, rtol: 1e-4, atol: 1e-5));
    }

    [Theory]
    [InlineData(UpdateRule.Linear)]
    [InlineData(UpdateRule.Delta)]
    internal void Gradients_are_those_of_finite_differences(UpdateRule rule)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("llama", new AdapterSettings { Rule = rule, Rank = 3 });
        var tokens = TinyModels.AsSegments(TinyModels.Tokens(model.Config, Segments * SegmentTokens), SegmentTokens);
        var weights = tensor([1f, 3f, 2f, 1f]).reshape(1, Segments);
        Loss().backward();
        foreach (var parameter in model.Gates.Concat(model.Changes))
        {
            using var frozen = no_grad();
            // Along the gradient itself, where the difference is largest beside the rounding of fp32.
            var gradient = parameter.grad!;
            var norm = gradient.norm().item<float>();
            var step = gradient / norm * 0.003;
            parameter.add_(step);
            var above = Loss().item<float>();
            parameter.sub_(step * 2);
            var below = Loss().item<float>();
            parameter.add_(step);
            Assert.Equal(norm, (above - below) / 0.006f, 0.02f * norm + 5e-4f);
        }

        Tensor Loss()
        {
            var (states, _) = model.Read(tokens, weights: weights);
            return model.Logits(states.narrow(1, Segments - 1, 1)).log_softmax(-1).select(-1, 3).mean();
        }
    }

    [Fact]
    public void Training_begins_at_the_model_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var model = InfiniDecoder.Load(TinyModels.PathOf("llama"), new AdapterSettings());
        var tokens = TinyModels.Tokens(model.Config, SegmentTokens);

        var logits = model.Logits(model.Read(TinyModels.AsSegments(tokens, SegmentTokens)).States);

        using var plain = Decoder.Load(TinyModels.PathOf("llama"), Precision.Float32);
        using var run = plain.CreateSession(threads: 1);
        AssertClose(Engine.Logits(run, tokens), logits.data<float>().ToArray(), 1e-4f);
    }

    [Fact]
    public void Frozen_weights_in_bfloat16_change_little()
    {
        using var scope = NewDisposeScope();
        using var whole = InfiniDecoder.Load(TinyModels.PathOf("qwen2"), new AdapterSettings());
        using var half = InfiniDecoder.Load(TinyModels.PathOf("qwen2"), new AdapterSettings { IsHalf = true });
        var tokens = TinyModels.AsSegments(TinyModels.Tokens(whole.Config, 16), 8);

        var difference =
            (whole.Read(tokens).States - half.Read(tokens).States).norm() / whole.Read(tokens).States.norm();

        Assert.InRange(difference.item<float>(), 1e-5f, 0.05f);
    }

    private static void AssertClose(float[] expected, float[] found, float tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
        }
    }
}
