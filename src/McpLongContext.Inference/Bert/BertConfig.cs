using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Bert;

/// <summary>The dimensions of a BERT encoder (Devlin et al. 2019, arXiv 1810.04805), validated.</summary>
public sealed record BertConfig
{
    /// <summary>The file that holds the configuration in a model's folder.</summary>
    public const string FileName = "config.json";

    private const string ModelType = "bert";
    private const int MaxDimension = 1 << 20;

    /// <summary>Tokens of the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of a hidden state.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of transformer layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Attention heads of a layer.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Width of the feed-forward network inside a layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The window: the longest sequence, [CLS] and [SEP] included.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Rows of the token-type table; only the first type is used.</summary>
    public required int TypeCount { get; init; }

    /// <summary>Added to the variance in layer normalization.</summary>
    public required float LayerNormEpsilon { get; init; }

    /// <summary>Width of one attention head.</summary>
    public int HeadDim => HiddenSize / HeadCount;

    /// <summary>The number of weights: embeddings, layers and their norms.</summary>
    public long ParameterCount
    {
        get
        {
            long hidden = HiddenSize;
            var layer = (4 * hidden * (hidden + 1)) + (2 * hidden * IntermediateSize) + IntermediateSize + (5 * hidden);
            return ((VocabularySize + MaxPositions + TypeCount + 2) * hidden) + (LayerCount * layer);
        }
    }

    /// <summary>The fields of the configuration that nothing was done with, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether a file is the configuration of a BERT encoder, of any dimensions.</summary>
    /// <exception cref="CheckpointException">The file is there, but cannot be read.</exception>
    public static bool Describes(string path) =>
        File.Exists(path)
        && JsonFile.Read(
            path,
            root => root.Member("model_type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals(ModelType)
        );

    /// <summary>
    /// Reads a model's <c>config.json</c>; what is missing there is as the reference implementation assumes it.
    /// </summary>
    /// <exception cref="CheckpointException">The file cannot be read or describes another architecture.</exception>
    public static BertConfig Load(string path) => JsonFile.Read(path, root => Read(new JsonFields(path, root)));

    private static BertConfig Read(JsonFields fields)
    {
        RequireSetting(fields, "model_type", ModelType, missing: "nothing");
        RequireSetting(fields, "hidden_act", "gelu", missing: "gelu");
        RequireSetting(fields, "position_embedding_type", "absolute", missing: "absolute");
        NeutralFields.RequireUnset(fields);
        if (fields.Flag("is_decoder") ?? false)
        {
            throw fields.Wrong("is_decoder", "false: use an encoder");
        }

        var config = new BertConfig
        {
            VocabularySize = Dimension(fields, "vocab_size", 30_522),
            HiddenSize = Dimension(fields, "hidden_size", 768),
            LayerCount = Dimension(fields, "num_hidden_layers", 12),
            HeadCount = Dimension(fields, "num_attention_heads", 12),
            IntermediateSize = Dimension(fields, "intermediate_size", 3072),
            MaxPositions = Dimension(fields, "max_position_embeddings", 512),
            TypeCount = Dimension(fields, "type_vocab_size", 2),
            LayerNormEpsilon = (float)(fields.Number("layer_norm_eps") ?? 1e-12),
        };
        if (config.HiddenSize % config.HeadCount != 0)
        {
            throw fields.Wrong("num_attention_heads", $"a divisor of hidden_size, {config.HiddenSize}");
        }

        if (config.MaxPositions < 3)
        {
            throw fields.Wrong("max_position_embeddings", "3 or more");
        }

        if (config.LayerNormEpsilon is not (> 0 and < 1))
        {
            throw fields.Wrong("layer_norm_eps", "a number between 0 and 1");
        }

        var unread = fields.Unread.Where(field => !NeutralFields.IsWithoutEffect(field.Name));
        return config with { Warnings = [.. unread.Select(field => NeutralFields.Describe(field, ModelType))] };
    }

    private static void RequireSetting(JsonFields fields, string name, string expected, string missing)
    {
        if ((fields.Text(name) ?? missing) != expected)
        {
            throw fields.Wrong(name, expected);
        }
    }

    private static int Dimension(JsonFields fields, string name, int missing) =>
        (fields.Integer(name) ?? missing) is > 0 and <= MaxDimension and var found
            ? found
            : throw fields.Wrong(name, $"1 to {MaxDimension}");
}
