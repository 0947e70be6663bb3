using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>Reads a decoder from a GGUF file.</summary>
internal static class GgufLlama
{
    /// <summary>The tensor by whose elements a file divides the rotary frequencies.</summary>
    public const string RotaryDivisors = "rope_freqs.weight";

    private const string SplitCount = "split.count";
    private const string GeneralType = "general.type";

    /// <summary>Architectures, and whether their query and key rows are ordered for a rotation of neighbors.</summary>
    private static readonly Dictionary<string, bool> s_architectures = new(StringComparer.Ordinal)
    {
        ["llama"] = true,
        ["granite"] = true,
        ["qwen2"] = false,
        ["qwen3"] = false,
    };

    /// <summary>Opens a model.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or holds another architecture.</exception>
    public static DecoderCheckpoint Open(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
            RequireWhole(file);
            var architecture = file.Metadata.GetString("general.architecture");
            if (!s_architectures.TryGetValue(architecture, out var isInterleaved))
            {
                throw new CheckpointException(
                    path,
                    $"architecture '{architecture}' found, expected one of {string.Join(", ", s_architectures.Keys)} "
                        + "(mistral and smollm are 'llama' in this format)"
                );
            }

            var tensors = new GgufTensors(file);
            var fields = new GgufFields(file, architecture);
            var config = ReadConfig(fields, file.Metadata, tensors).Validate(path);
            return new DecoderCheckpoint(config, tensors, TensorNames.Gguf, isInterleaved)
            {
                Warnings = fields.Warnings,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Demands a whole model, and one at all: adapters and projectors are files of the same format.</summary>
    private static void RequireWhole(GgufFile file)
    {
        if (file.Metadata.FindInt32(SplitCount) is { } count and > 1)
        {
            var part = (file.Metadata.FindInt32("split.no") ?? 0) + 1;
            throw new CheckpointException(
                file.Path,
                $"{SplitCount} is {count}: this is part {part} of a model in {count} files, and "
                    + "the others are missing. Merge all parts with `llama-gguf-split --merge FIRST-PART OUTPUT`, or use a "
                    + "file that is whole"
            );
        }

        if (file.Metadata.FindString(GeneralType) is { } type and not "model")
        {
            throw new CheckpointException(file.Path, $"metadata '{GeneralType}': {type} found, expected model");
        }
    }

    private static DecoderConfig ReadConfig(GgufFields fields, GgufMetadata metadata, GgufTensors tensors)
    {
        var hidden = fields.Required("embedding_length");
        var heads = fields.Required("attention.head_count");
        var headDim = fields.Optional("attention.key_length") ?? (heads > 0 ? hidden / heads : 0);
        var context = fields.Required("context_length");
        fields.Demand("attention.value_length", headDim, "as the keys");
        fields.Demand("rope.dimension_count", headDim, "all dimensions of a head rotated");
        fields.RequireNeutral();
        if (fields.Optional("attention.sliding_window") is { } window and > 0 && window < context)
        {
            throw fields.Wrong(
                "attention.sliding_window",
                window,
                "none: no program reads a window in a file of this architecture. Use the model's safetensors"
            );
        }

        return new DecoderConfig
        {
            Architecture = fields.Architecture,
            VocabularySize = fields.Optional("vocab_size") ?? metadata.GetStrings("tokenizer.ggml.tokens").Count,
            HiddenSize = hidden,
            LayerCount = fields.Required("block_count"),
            HeadCount = heads,
            KeyValueHeadCount = fields.Optional("attention.head_count_kv") ?? heads,
            HeadDim = headDim,
            IntermediateSize = fields.Required("feed_forward_length"),
            ContextLength = context,
            RmsNormEpsilon = (float)fields.RequiredNumber("attention.layer_norm_rms_epsilon"),
            RopeTheta = fields.Number("rope.freq_base") ?? 10_000,
            RotaryScaling = GgufRope.Read(fields, tensors, headDim),
            HasQueryKeyValueBias = Has(TensorKind.QueryBias),
            HasAttentionOutputBias = Has(TensorKind.AttentionOutputBias),
            HasFeedForwardBias = Has(TensorKind.GateBias),
            HasQueryKeyNorm = Has(TensorKind.QueryNorm),
            HasTiedOutput = !Has(TensorKind.Output),
            EmbeddingScale = fields.Multiplier("embedding_scale") ?? 1,
            AttentionScale = fields.Multiplier("attention.scale"),
            ResidualScale = fields.Multiplier("residual_scale") ?? 1,
            LogitDivisor = fields.Multiplier("logit_scale") ?? 1,
        };

        bool Has(TensorKind kind) => tensors.Contains(TensorNames.Gguf.Of(kind, 0));
    }
}
