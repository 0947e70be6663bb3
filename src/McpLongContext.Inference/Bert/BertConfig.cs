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

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

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

    /// <summary>Added to the variance in layer normalisation.</summary>
    public required float LayerNormEpsilon { get; init; }

    /// <summary>Width of one attention head.</summary>
    public int HeadDim => HiddenSize / HeadCount;

    /// <summary>Whether a file is the configuration of a BERT encoder, of any dimensions.</summary>
    /// <exception cref="CheckpointException">The file is there, but cannot be read.</exception>
    public static bool Describes(string path) =>
        File.Exists(path) && string.Equals(Read(path).ModelType, ModelType, StringComparison.Ordinal);

    /// <summary>Reads a model's <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or describes another architecture.</exception>
    public static BertConfig Load(string path) => Validate(path, Read(path));

    private static ConfigFile Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<ConfigFile>(stream, s_json)
                ?? throw new CheckpointException(path, "null found, expected an object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException(path, $"cannot be read as a configuration: {e.Message}", e);
        }
    }

    private static BertConfig Validate(string path, ConfigFile file)
    {
        RequireSetting(path, "model_type", file.ModelType, ModelType);
        RequireSetting(path, "hidden_act", file.HiddenAct, "gelu");
        RequireSetting(path, "position_embedding_type", file.PositionEmbeddingType, "absolute");
        var config = new BertConfig
        {
            VocabularySize = Dimension(path, "vocab_size", file.VocabSize),
            HiddenSize = Dimension(path, "hidden_size", file.HiddenSize),
            LayerCount = Dimension(path, "num_hidden_layers", file.NumHiddenLayers),
            HeadCount = Dimension(path, "num_attention_heads", file.NumAttentionHeads),
            IntermediateSize = Dimension(path, "intermediate_size", file.IntermediateSize),
            MaxPositions = Dimension(path, "max_position_embeddings", file.MaxPositionEmbeddings),
            TypeCount = Dimension(path, "type_vocab_size", file.TypeVocabSize),
            LayerNormEpsilon = file.LayerNormEps,
        };
        if (config.HiddenSize % config.HeadCount != 0)
        {
            throw new CheckpointException(
                path,
                $"num_attention_heads: {config.HeadCount} found, expected a divisor of hidden_size, {config.HiddenSize}"
            );
        }

        if (config.MaxPositions < 3)
        {
            throw new CheckpointException(
                path,
                $"max_position_embeddings: {config.MaxPositions} found, expected 3 or more"
            );
        }

        if (config.LayerNormEpsilon is not (> 0 and < 1))
        {
            throw new CheckpointException(
                path,
                $"layer_norm_eps: {config.LayerNormEpsilon} found, expected a number between 0 and 1"
            );
        }

        return config;
    }

    private static void RequireSetting(string path, string setting, string? found, string expected)
    {
        if (!string.Equals(found, expected, StringComparison.Ordinal))
        {
            throw new CheckpointException(path, $"{setting}: {found ?? "nothing"} found, expected {expected}");
        }
    }

    private static int Dimension(string path, string setting, int found) =>
        found is > 0 and <= MaxDimension
            ? found
            : throw new CheckpointException(path, $"{setting}: {found} found, expected 1 to {MaxDimension}");

    private sealed record ConfigFile(
        string? ModelType,
        int VocabSize,
        int HiddenSize,
        int NumHiddenLayers,
        int NumAttentionHeads,
        int IntermediateSize,
        int MaxPositionEmbeddings,
        int TypeVocabSize,
        float LayerNormEps,
        string HiddenAct = "gelu",
        string PositionEmbeddingType = "absolute"
    );
}
