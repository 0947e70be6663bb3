using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;

namespace McpLongContext.LongAttention.Tests.Unlimiformer;

/// <summary>Random decoders of two layers, four heads and two key/value heads.</summary>
internal static class TinyModel
{
    public static Decoder Load(string name) =>
        Decoder.Load(Path.Combine(AppContext.BaseDirectory, "tiny-llama", name), Precision.Float32);

    /// <summary>Logits after each of the last tokens.</summary>
    public static float[] Logits(DecoderSession run, ReadOnlySpan<int> tokens, int wanted)
    {
        var embeddings = new float[wanted * run.Model.Config.HiddenSize];
        var logits = new float[wanted * run.Model.Config.VocabularySize];
        run.Forward(tokens, embeddings);
        run.Logits(embeddings, logits);
        return logits;
    }
}
