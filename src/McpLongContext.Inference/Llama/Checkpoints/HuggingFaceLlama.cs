using System.Text.Json;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Llama.Checkpoints;

/// <summary>Reads a decoder from a folder as the Transformers library writes it: <c>config.json</c> and safetensors.</summary>
internal static class HuggingFaceLlama
{
    /// <summary>The file that holds the configuration.</summary>
    public const string ConfigName = "config.json";

    private static readonly string[] s_architectures = ["llama", "mistral", "qwen2", "qwen3", "granite"];

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Opens a model.</summary>
    /// <exception cref="CheckpointException">A file is missing, cannot be read or holds another architecture.</exception>
    public static LlamaCheckpoint Open(string folder)
    {
        var config = ReadConfig(Path.Combine(folder, ConfigName));
        return new LlamaCheckpoint(
            config,
            SafetensorsFolder.Open(folder),
            TensorNames.HuggingFace,
            isInterleaved: false
        );
    }

    private static LlamaConfig ReadConfig(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var file = JsonSerializer.Deserialize<ConfigFile>(stream, s_json);
            return Convert(path, file ?? throw new CheckpointException(path, "null found, expected an object"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException(path, $"cannot be read as a configuration: {e.Message}", e);
        }
    }

    private static LlamaConfig Convert(string path, ConfigFile file)
    {
        var architecture = file.ModelType ?? "nothing";
        if (!s_architectures.Contains(architecture, StringComparer.Ordinal))
        {
            throw new CheckpointException(
                path,
                $"model_type: {architecture} found, expected one of {string.Join(", ", s_architectures)} "
                    + "(smollm is 'llama' in this format)"
            );
        }

        if (file.HiddenAct != "silu")
        {
            throw new CheckpointException(path, $"hidden_act: {file.HiddenAct} found, expected silu");
        }

        if (file.MlpBias)
        {
            throw new CheckpointException(path, "mlp_bias: true found, expected false");
        }

        var theta = file.RopeTheta ?? file.RopeParameters?.RopeTheta ?? 10_000;
        return new LlamaConfig
        {
            Architecture = architecture,
            VocabularySize = file.VocabSize,
            HiddenSize = file.HiddenSize,
            LayerCount = file.NumHiddenLayers,
            HeadCount = file.NumAttentionHeads,
            KeyValueHeadCount = file.NumKeyValueHeads ?? file.NumAttentionHeads,
            HeadDim = file.HeadDim ?? (file.NumAttentionHeads > 0 ? file.HiddenSize / file.NumAttentionHeads : 0),
            IntermediateSize = file.IntermediateSize,
            ContextLength = file.MaxPositionEmbeddings,
            RmsNormEpsilon = file.RmsNormEps,
            RopeTheta = theta,
            RotaryScaling = RopeParameters.Convert(
                path,
                file.RopeScaling ?? file.RopeParameters,
                file.MaxPositionEmbeddings
            ),
            // Qwen's configurations name a window that they do not use.
            SlidingWindow = architecture == "mistral" || file.UseSlidingWindow ? file.SlidingWindow : null,
            HasQueryKeyValueBias = architecture == "qwen2" || file.AttentionBias,
            HasAttentionOutputBias = architecture != "qwen2" && file.AttentionBias,
            HasQueryKeyNorm = architecture == "qwen3",
            HasTiedOutput = file.TieWordEmbeddings,
            EmbeddingScale = file.EmbeddingMultiplier,
            AttentionScale = file.AttentionMultiplier,
            ResidualScale = file.ResidualMultiplier,
            LogitDivisor = file.LogitsScaling,
        }.Validate(path);
    }

    private sealed record ConfigFile(
        string? ModelType,
        int VocabSize,
        int HiddenSize,
        int NumHiddenLayers,
        int NumAttentionHeads,
        int? NumKeyValueHeads,
        int? HeadDim,
        int IntermediateSize,
        double? RopeTheta,
        RopeParameters? RopeScaling,
        RopeParameters? RopeParameters,
        int? SlidingWindow,
        float? AttentionMultiplier,
        float RmsNormEps = 1e-6f,
        int MaxPositionEmbeddings = 2048,
        bool UseSlidingWindow = false,
        bool AttentionBias = false,
        bool MlpBias = false,
        bool TieWordEmbeddings = false,
        string HiddenAct = "silu",
        float EmbeddingMultiplier = 1,
        float ResidualMultiplier = 1,
        float LogitsScaling = 1
    );
}
