using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.EncoderDecoders.Families;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// An encoder-decoder: configuration and weights, which all sessions share. Immutable and thread-safe; a source is read
/// by an <see cref="EncoderSession"/>, a target written by a <see cref="TargetSession"/>.
/// </summary>
public sealed class EncoderDecoder : IDisposable
{
    /// <summary>The file that holds the configuration in a model's folder.</summary>
    public const string ConfigName = "config.json";

    private EncoderDecoder(EncoderDecoderConfig config, EncoderDecoderWeights weights, IReadOnlyList<string> warnings)
    {
        Config = config;
        Weights = weights;
        Warnings = warnings;
    }

    /// <summary>Dimensions and switches.</summary>
    public EncoderDecoderConfig Config { get; }

    /// <summary>The settings of the checkpoint that were ignored, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    internal EncoderDecoderWeights Weights { get; }

    /// <summary>Whether a folder's <c>config.json</c> is that of an encoder-decoder, supported or not.</summary>
    /// <exception cref="CheckpointException">The file is there, but cannot be read.</exception>
    public static bool Describes(string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        return File.Exists(path)
            && JsonFile.Read(
                path,
                root =>
                    root.Member("model_type") is { ValueKind: JsonValueKind.String } type
                    && EncoderDecoderFamilies.IsKnown(type.GetString()!)
            );
    }

    /// <summary>Loads a model.</summary>
    /// <param name="folder">Holds <c>config.json</c> and safetensors, sharded or not.</param>
    /// <param name="precision">The arithmetic of the linear layers.</param>
    /// <param name="threads">Threads that pack the weights; null: one a processor.</param>
    /// <exception cref="CheckpointException">There is no model, it is damaged or not supported.</exception>
    public static EncoderDecoder Load(string folder, Precision precision = Precision.Int8, int? threads = null)
    {
        var (config, family, warnings) = ReadConfig(folder);
        var tensors = OpenTensors(folder);
        using var threadPool = new ComputeThreadPool(threads ?? Environment.ProcessorCount);
        var names = family.Names(tensors, config);
        return new EncoderDecoder(
            config,
            EncoderDecoderWeights.Load(tensors, config, names, precision, threadPool),
            warnings
        );
    }

    /// <summary>Begins to read sources.</summary>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public EncoderSession CreateEncoder(int? threads = null) => new(this, threads ?? Environment.ProcessorCount);

    /// <summary>Begins a target that reads encoder states as the model was trained to.</summary>
    /// <param name="source">[tokens, hidden] from an <see cref="EncoderSession"/>.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public TargetSession CreateTarget(ReadOnlySpan<float> source, int? threads = null)
    {
        var threadPool = new ComputeThreadPool(threads ?? Environment.ProcessorCount);
        return new TargetSession(this, new CachedCrossAttention(this, source, threadPool), threadPool);
    }

    /// <summary>Begins a target.</summary>
    /// <param name="attention">How it reads the source; of this target only.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    public TargetSession CreateTarget(ICrossAttention attention, int? threads = null) =>
        new(this, attention, new ComputeThreadPool(threads ?? Environment.ProcessorCount));

    /// <summary>Reads the projections of a layer's cross-attention from the checkpoint.</summary>
    /// <param name="layer">The decoder's layer, from 0.</param>
    public CrossProjection ReadCrossProjection(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, Config.Decoder.LayerCount);
        return Weights.ReadCrossProjection(layer);
    }

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();

    /// <summary>Reads a folder's configuration, its family, and the settings that are ignored.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged or not supported.</exception>
    internal static (EncoderDecoderConfig, IEncoderDecoderFamily, IReadOnlyList<string>) ReadConfig(string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        return JsonFile.Read(path, root => Read(new JsonFields(path, root)));
    }

    /// <summary>Opens a folder's tensors.</summary>
    /// <exception cref="CheckpointException">There are none, or only those of a pickle.</exception>
    internal static ITensorSource OpenTensors(string folder)
    {
        RequireSafetensors(folder);
        return SafetensorsFolder.Open(folder);
    }

    private static (EncoderDecoderConfig, IEncoderDecoderFamily, IReadOnlyList<string>) Read(JsonFields fields)
    {
        var family = EncoderDecoderFamilies.Of(fields);
        fields.Require("is_encoder_decoder", expected: true, missing: true);
        NeutralFields.RequireUnset(fields, except: "is_encoder_decoder");
        var config = family.Read(fields);
        var unread = fields.Unread.Where(field =>
            !NeutralFields.IsWithoutEffect(field.Name) && !family.NeutralFields.Contains(field.Name)
        );
        return (config, family, [.. unread.Select(field => NeutralFields.Describe(field, config.Architecture))]);
    }

    private static void RequireSafetensors(string folder)
    {
        if (FolderFiles.Of(folder, ".safetensors").Length > 0)
        {
            return;
        }

        var pickle = FolderFiles.Of(folder, ".bin").Concat(FolderFiles.Of(folder, ".pt")).FirstOrDefault();
        throw new CheckpointException(
            folder,
            pickle is null
                ? "no .safetensors files found"
                : $"{Path.GetFileName(pickle)} is a pickle, which can run code and is not read: convert it with "
                    + "save_pretrained(..., safe_serialization=True), or use a repository with model.safetensors"
        );
    }
}
