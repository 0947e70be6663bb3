using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;

namespace McpLongContext.LongAttention.Tests.Unlimiformer;

/// <summary>Random decoders of two layers, four heads and two key/value heads.</summary>
internal static class TinyModel
{
    public static LlamaModel Load(string name) =>
        LlamaModel.Load(Path.Combine(AppContext.BaseDirectory, "tiny-llama", name), Precision.Float32);

    /// <summary>Logits after each of the last tokens.</summary>
    public static float[] Logits(LlamaRun run, ReadOnlySpan<int> tokens, int wanted)
    {
        var states = new float[wanted * run.Model.Config.HiddenSize];
        var logits = new float[wanted * run.Model.Config.VocabularySize];
        run.Forward(tokens, states);
        run.Logits(states, logits);
        return logits;
    }
}
