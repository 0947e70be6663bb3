using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Llama.Positions;

namespace McpLongContext.Inference.Llama.Checkpoints;

/// <summary>Reads a decoder from a GGUF file.</summary>
internal static class GgufLlama
{
    /// <summary>The tensor by whose elements a file divides the rotary frequencies.</summary>
    public const string RotaryDivisors = "rope_freqs.weight";

    /// <summary>Architectures, and whether their query and key rows are ordered for a rotation of neighbours.</summary>
    private static readonly Dictionary<string, bool> s_architectures = new(StringComparer.Ordinal)
    {
        ["llama"] = true,
        ["granite"] = true,
        ["qwen2"] = false,
        ["qwen3"] = false,
    };

    /// <summary>Opens a model.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or holds another architecture.</exception>
    public static LlamaCheckpoint Open(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
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
            var config = ReadConfig(file, tensors, architecture).Validate(path);
            return new LlamaCheckpoint(config, tensors, TensorNames.Gguf, isInterleaved);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static LlamaConfig ReadConfig(GgufFile file, GgufTensors tensors, string architecture)
    {
        var metadata = file.Metadata;
        var hidden = Required("embedding_length");
        var heads = Required("attention.head_count");
        var headDim = Optional("attention.key_length") ?? (heads > 0 ? hidden / heads : 0);
        Demand("attention.value_length", headDim, "as the keys");
        Demand("rope.dimension_count", headDim, "all dimensions of a head rotated");
        Demand("expert_count", 0, "no experts");
        return new LlamaConfig
        {
            Architecture = architecture,
            VocabularySize = Optional("vocab_size") ?? metadata.GetStrings("tokenizer.ggml.tokens").Count,
            HiddenSize = hidden,
            LayerCount = Required("block_count"),
            HeadCount = heads,
            KeyValueHeadCount = Optional("attention.head_count_kv") ?? heads,
            HeadDim = headDim,
            IntermediateSize = Required("feed_forward_length"),
            ContextLength = Required("context_length"),
            RmsNormEpsilon = (float)metadata.GetDouble(Key("attention.layer_norm_rms_epsilon")),
            RopeTheta = Number("rope.freq_base") ?? 10_000,
            RotaryScaling = ReadScaling(),
            SlidingWindow = Optional("attention.sliding_window") is > 0 and var window ? window : null,
            HasQueryKeyValueBias = tensors.Contains(TensorNames.Gguf.Of(TensorKind.QueryBias, 0)),
            HasAttentionOutputBias = tensors.Contains(TensorNames.Gguf.Of(TensorKind.AttentionOutputBias, 0)),
            HasQueryKeyNorm = tensors.Contains(TensorNames.Gguf.Of(TensorKind.QueryNorm, 0)),
            HasTiedOutput = !tensors.Contains(TensorNames.Gguf.Of(TensorKind.Output, 0)),
            EmbeddingScale = (float)(Number("embedding_scale") ?? 1),
            AttentionScale = Number("attention.scale") is { } scale and not 0 ? (float)scale : null,
            ResidualScale = (float)(Number("residual_scale") ?? 1),
            LogitDivisor = (float)(Number("logit_scale") ?? 1),
        };

        string Key(string name) => $"{architecture}.{name}";

        int Required(string name) => metadata.GetInt32(Key(name));

        int? Optional(string name) => metadata.FindInt32(Key(name));

        double? Number(string name) => metadata.FindDouble(Key(name));

        void Demand(string name, int expected, string meaning)
        {
            if (Optional(name) is { } found && found != expected)
            {
                throw new CheckpointException(
                    file.Path,
                    $"metadata '{Key(name)}': {found} found, expected {expected}, {meaning}"
                );
            }
        }

        RotaryScaling ReadScaling()
        {
            if (tensors.Contains(RotaryDivisors))
            {
                tensors.Require(RotaryDivisors, headDim / 2);
                var divisors = new float[headDim / 2];
                tensors.ReadRows(RotaryDivisors, 0, divisors);
                return new DividedScaling(divisors);
            }

            var type = metadata.FindString(Key("rope.scaling.type")) ?? "none";
            var factor = Number("rope.scaling.factor") ?? Number("rope.scale_linear") ?? 1;
            return type switch
            {
                "none" when factor == 1 => RotaryScaling.None,
                "none" or "linear" => new LinearScaling(factor),
                "yarn" => new YarnScaling(
                    factor,
                    Optional("rope.scaling.original_context_length") ?? Required("context_length")
                )
                {
                    OwnAttentionFactor = Number("rope.scaling.attn_factor") is { } own and not 1
                        ? own * ((0.1 * Math.Log(factor)) + 1)
                        : null,
                },
                _ => throw new CheckpointException(
                    file.Path,
                    $"metadata '{Key("rope.scaling.type")}': '{type}' found, expected none, linear or yarn"
                ),
            };
        }
    }
}
