using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Tests.Modules;

/// <summary>The engine of the product with the gates and changes of a model in training.</summary>
internal sealed class Engine : IDisposable
{
    private readonly Decoder _plain;
    private readonly DecoderSession _run;

    private readonly SegmentedAttention _attention;

    private Engine(Decoder plain, DecoderSession run, SegmentedAttention attention) =>
        (_plain, _run, _attention) = (plain, run, attention);

    public CompressiveMemory Memory => _attention.Memory;

    public static Engine Of(string family, InfiniDecoder model, UpdateRule rule, int segmentTokens = 8)
    {
        var plain = Decoder.Load(TinyModels.PathOf(family), Precision.Float32);
        var config = plain.Config;
        var memory = new CompressiveMemory(config.LayerCount, config.KeyValueHeadCount, config.HeadDim, rule);
        var gates = InfiniGates.FromBetas(config, AdapterExport.Betas(model));
        var attention = new SegmentedAttention(config, memory, gates, segmentTokens);
        return new Engine(
            plain,
            plain.WithLora(AdapterExport.Changes(model)).CreateSession(attention, threads: 1),
            attention
        );
    }

    public float[] Logits(int[] tokens) => Logits(_run, tokens);

    /// <summary>Reads a segment and writes it into memory.</summary>
    public void Remember(int[] tokens)
    {
        _run.Forward(tokens, []);
        _attention.EndSegment();
    }

    public static float[] Logits(DecoderSession run, int[] tokens)
    {
        var states = new float[tokens.Length * run.Model.Config.HiddenSize];
        var logits = new float[tokens.Length * run.Model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        return logits;
    }

    public void Dispose()
    {
        _run.Dispose();
        _plain.Dispose();
    }
}
