using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders.Positions;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// Writes a decoder as the Transformers library does: <c>config.json</c> and <c>model.safetensors</c>, in fp32. Its
/// tokenizer is written by others.
/// </summary>
public static class DecoderCheckpointWriter
{
    /// <summary>The name of the file of the configuration.</summary>
    public const string ConfigName = HuggingFaceLlama.ConfigName;

    /// <summary>The name of the file of the weights.</summary>
    public const string WeightsName = "model.safetensors";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    /// <summary>The tensors of a decoder with their shapes, as its checkpoint has them.</summary>
    /// <param name="config">The configuration.</param>
    public static IEnumerable<(TensorKind Kind, int Layer, IReadOnlyList<int> Shape)> Tensors(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var outside = config.HasTiedOutput
            ? (TensorKind[])[TensorKind.Embedding, TensorKind.OutputNorm]
            : [TensorKind.Embedding, TensorKind.OutputNorm, TensorKind.Output];
        var inside = Enum.GetValues<TensorKind>()
            .Where(kind => kind >= TensorKind.AttentionNorm && LengthOf(config, kind) != 0);
        return outside
            .Select(kind => (kind, 0, ShapeOf(config, kind)))
            .Concat(
                Enumerable
                    .Range(0, config.LayerCount)
                    .SelectMany(layer => inside.Select(kind => (kind, layer, ShapeOf(config, kind))))
            );
    }

    /// <summary>Writes the weights.</summary>
    /// <param name="destination">Receives the file.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="read">
    /// Gives the elements of a tensor; rows of queries and keys are in the order of pairs (i, i + headDim / 2), as
    /// <see cref="DecoderParameters"/> gives them.
    /// </param>
    public static void WriteWeights(Stream destination, DecoderConfig config, Func<TensorKind, int, float[]> read)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(read);
        var entries = Tensors(config)
            .Select(one => new SafetensorsEntry(
                TensorNames.HuggingFace.Of(one.Kind, one.Layer),
                one.Shape,
                read(one.Kind, one.Layer)
            ));
        SafetensorsWriter.Write(destination, [.. entries], new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Writes the configuration.</summary>
    /// <param name="destination">Receives the file.</param>
    /// <param name="config">The configuration.</param>
    /// <exception cref="NotSupportedException">The model has something that only its own file can say: scaled
    /// positions, sliding windows, multipliers or biases that its architecture does not imply.</exception>
    public static void WriteConfig(Stream destination, DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var family = HuggingFaceFamily.All.FirstOrDefault(family => family.ModelType == config.Architecture);
        var isPlain =
            config.RotaryScaling == RotaryScaling.None
            && config.SlidingWindows is null
            && (config.EmbeddingScale, config.ResidualScale, config.LogitDivisor) == (1, 1, 1)
            && config.AttentionScale is null
            && !config.HasFeedForwardBias
            && !config.HasAttentionOutputBias
            && family is not null
            && (family.HasQueryKeyValueBias, family.HasQueryKeyNorm)
                == (config.HasQueryKeyValueBias, config.HasQueryKeyNorm);
        if (!isPlain)
        {
            throw new NotSupportedException(
                $"a '{config.Architecture}' model found that is described by a file of its own format alone."
            );
        }

        var fields = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["model_type"] = config.Architecture,
            ["vocab_size"] = config.VocabularySize,
            ["hidden_size"] = config.HiddenSize,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_attention_heads"] = config.HeadCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["head_dim"] = config.HeadDim,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.ContextLength,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.HasTiedOutput,
            ["hidden_act"] = "silu",
        };
        if (family!.Sliding == HuggingFaceFamily.SlidingRule.EveryLayer)
        {
            // Left out, there would be a window.
            fields["sliding_window"] = null;
        }

        JsonSerializer.Serialize(destination, fields, s_json);
    }

    private static IReadOnlyList<int> ShapeOf(DecoderConfig config, TensorKind kind) =>
        LengthOf(config, kind) is { } length ? [length] : Matrix(DecoderMatrix.Of(config, kind));

    private static IReadOnlyList<int> Matrix(DecoderMatrix matrix) => [matrix.Outputs, matrix.Inputs];

    /// <summary>The length of a vector, 0 where the architecture has none; null: a matrix.</summary>
    private static int? LengthOf(DecoderConfig config, TensorKind kind) =>
        kind switch
        {
            TensorKind.OutputNorm or TensorKind.AttentionNorm or TensorKind.FeedForwardNorm => config.HiddenSize,
            TensorKind.QueryBias => config.HasQueryKeyValueBias ? config.QuerySize : 0,
            TensorKind.KeyBias or TensorKind.ValueBias => config.HasQueryKeyValueBias ? config.KeyValueSize : 0,
            TensorKind.QueryNorm or TensorKind.KeyNorm => config.HasQueryKeyNorm ? config.HeadDim : 0,
            TensorKind.AttentionOutputBias => config.HasAttentionOutputBias ? config.HiddenSize : 0,
            TensorKind.GateBias or TensorKind.UpBias => config.HasFeedForwardBias ? config.IntermediateSize : 0,
            TensorKind.DownBias => config.HasFeedForwardBias ? config.HiddenSize : 0,
            _ => null,
        };
}
