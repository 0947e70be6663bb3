using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// Reads a decoder from a folder as the Transformers library writes it: <c>config.json</c> and safetensors.
/// </summary>
internal static class HuggingFaceLlama
{
    /// <summary>The file that holds the configuration.</summary>
    public const string ConfigName = "config.json";

    /// <summary>Opens a model.</summary>
    /// <exception cref="CheckpointException">A file is missing, cannot be read or holds another
    /// architecture.</exception>
    public static DecoderCheckpoint Open(string folder)
    {
        var (config, warnings) = HuggingFaceConfig.Read(Path.Combine(folder, ConfigName));
        return new DecoderCheckpoint(
            config,
            SafetensorsFolder.Open(folder),
            TensorNames.HuggingFace,
            isInterleaved: false
        )
        {
            Warnings = warnings,
        };
    }
}
