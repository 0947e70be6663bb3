using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tests.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Infini;

public sealed class PlainTextLossTests
{
    private const int Segments = 3;
    private const int SegmentTokens = 8;
    private static readonly int[] s_positions = [0, 6, 7, 8, 15, 16, 23];

    [Fact]
    public void The_loss_is_the_divergence_from_the_engine_without_the_adapter()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Random("qwen2", new AdapterSettings { Rank = 3 });
        var tokens = TinyModels.Tokens(model.Config, Segments * SegmentTokens);

        var loss = Loss(model, tokens);

        using var adapted = Engine.Of("qwen2", model, UpdateRule.Linear);
        var (expected, found) = (PlainLogits("qwen2", tokens), adapted.Logits(tokens));
        var vocabulary = model.Config.VocabularySize;
        var divergence = s_positions.Average(position =>
            Divergence(
                expected.AsSpan(position * vocabulary, vocabulary).ToArray(),
                found.AsSpan(position * vocabulary, vocabulary).ToArray()
            )
        );
        Assert.InRange(divergence, 0.01, 100);
        Assert.Equal(divergence, loss, 1e-3 * divergence);
    }

    [Fact]
    public void Nothing_is_lost_with_closed_gates_before_training()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = InfiniDecoder.Load(TinyModels.PathOf("llama"), new AdapterSettings());
        foreach (var gate in model.Gates)
        {
            gate.fill_(-30);
        }

        Assert.Equal(0, Loss(model, TinyModels.Tokens(model.Config, Segments * SegmentTokens)), 1e-5);
    }

    [Fact]
    public void The_heads_that_plain_text_misses_least_begin_open()
    {
        using var model = InfiniDecoder.Load(TinyModels.PathOf("llama"), new AdapterSettings());
        var settings = new AdapterSettings { MemoryHeads = 0.5 };
        using var batch = BatchOf(TinyModels.Tokens(model.Config, Segments * SegmentTokens));

        var losses = MemoryHeads.Choose(model, batch, settings);

        Assert.All(losses, layer => Assert.All(layer, loss => Assert.InRange(loss, 1e-9, 100)));
        foreach (var (gate, loss) in model.Gates.Zip(losses))
        {
            var betas = gate.detach().data<float>().ToArray();
            var open = Enumerable.Range(0, betas.Length).Where(head => betas[head] == settings.OpenBeta).ToList();
            Assert.Equal(betas.Length / 2, open.Count);
            var most = open.Max(head => loss[head]);
            Assert.All(
                Enumerable.Range(0, betas.Length).Except(open),
                head => Assert.Equal((settings.ClosedBeta, true), (betas[head], loss[head] >= most))
            );
        }
    }

    private static double Loss(InfiniDecoder model, int[] tokens)
    {
        using var batch = BatchOf(tokens);
        return PlainTextLoss.Of(model, batch, SegmentReader.Read(model, batch, horizon: null)).item<float>();
    }

    private static Batch BatchOf(int[] tokens) =>
        new(
            [new Example([.. tokens.Select(token => (long)token)], [1, 1, 1], [], s_positions, "plain")],
            new ExampleShape(SegmentTokens, Segments, 1)
        );

    /// <summary>Each segment read by itself.</summary>
    private static float[] PlainLogits(string family, int[] tokens)
    {
        using var model = Decoder.Load(TinyModels.PathOf(family), Precision.Float32, threads: 1);
        var config = model.Config;
        var memory = new CompressiveMemory(config.LayerCount, config.KeyValueHeadCount, config.HeadDim);
        var attention = new SegmentedAttention(config, memory, InfiniGates.Closed(config), SegmentTokens);
        using var run = model.CreateSession(attention, threads: 1);
        return Engine.Logits(run, tokens);
    }

    private static double Divergence(float[] expected, float[] found)
    {
        var (p, q) = (Logarithms(expected), Logarithms(found));
        return p.Zip(q).Sum(one => Math.Exp(one.First) * (one.First - one.Second));

        static double[] Logarithms(float[] logits)
        {
            var sum = Math.Log(logits.Sum(logit => Math.Exp(logit)));
            return Array.ConvertAll(logits, logit => logit - sum);
        }
    }
}
