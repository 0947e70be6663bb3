using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Training.Language;

namespace McpLongContext.Training.Tests;

/// <summary>A random model of one of the families that people use, with a tokenizer of bytes: width 32, two layers.</summary>
internal static class FamilyModel
{
    /// <summary>The families, and what tells them apart.</summary>
    public static IReadOnlyDictionary<string, DecoderConfig> Families { get; } =
        new Dictionary<string, DecoderConfig>
        {
            ["llama"] = Config("llama"),
            ["qwen2"] = Config("qwen2") with { HasQueryKeyValueBias = true },
            ["qwen3"] = Config("qwen3") with { HasQueryKeyNorm = true },
            ["smollm2"] = Config("llama") with { HasTiedOutput = true },
        };

    /// <summary>Writes a model.</summary>
    public static void Write(string folder, string family)
    {
        var config = Families[family];
        Directory.CreateDirectory(folder);
        ByteTokenizer.Write(folder);
        using (var file = File.Create(Path.Combine(folder, DecoderCheckpointWriter.ConfigName)))
        {
            DecoderCheckpointWriter.WriteConfig(file, config);
        }

        var random = new Random(1);
        ModelFolder.Write(
            folder,
            config,
            (kind, layer) =>
            {
                var shape = DecoderCheckpointWriter
                    .Tensors(config)
                    .First(one => (one.Kind, one.Layer) == (kind, layer))
                    .Shape;
                var values = new float[shape.Aggregate(1, (size, dimension) => size * dimension)];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = (float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(shape.Count == 1 ? 1 : shape[1]));
                }

                return values;
            }
        );
    }

    private static DecoderConfig Config(string architecture) =>
        new()
        {
            Architecture = architecture,
            VocabularySize = ByteTokenizer.Count,
            HiddenSize = 32,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDim = 8,
            IntermediateSize = 48,
            ContextLength = 128,
            RmsNormEpsilon = 1e-5f,
        };
}
