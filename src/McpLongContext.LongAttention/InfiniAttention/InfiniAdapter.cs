using System.Globalization;
using System.Security.Cryptography;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.InfiniAttention;

/// <summary>
/// The trained parameters with which a model uses a <see cref="CompressiveMemory"/>: a gate for each head, and perhaps
/// LoRA adapters of the projections around attention. Immutable. Without it a model's compressive memory is kept and
/// not read.
/// </summary>
/// <remarks>
/// A safetensors file: <c>gates</c> [layers, heads] are the betas; <c>layers.N.P.a</c> [rank, inputs] and
/// <c>layers.N.P.b</c> [outputs, rank] for P of q, k, v, o are a change B A of a projection, whose scale is in B. Its
/// metadata: <c>format</c> is <c>infini-attention 1</c>, <c>model</c> the SHA-256 of the file of the model's weights,
/// <c>update_rule</c> <c>linear</c> or <c>delta</c>, <c>segment_tokens</c> the length of a segment in training.
/// </remarks>
public sealed class InfiniAdapter
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = "infini.safetensors";

    internal const string Format = "infini-attention 1";

    /// <summary>How the file names the projections.</summary>
    internal static readonly IReadOnlyList<(string Name, AttentionProjection Projection)> Projections =
    [
        ("q", AttentionProjection.Query),
        ("k", AttentionProjection.Key),
        ("v", AttentionProjection.Value),
        ("o", AttentionProjection.Output),
    ];

    private InfiniAdapter(string identity, InfiniGates gates, UpdateRule rule, int segmentTokens) =>
        (Identity, Gates, Rule, SegmentTokens) = (identity, gates, rule, segmentTokens);

    /// <summary>The SHA-256 of the file, in lower-case hexadecimal; empty where there is no adapter.</summary>
    public string Identity { get; }

    /// <summary>The gates.</summary>
    public InfiniGates Gates { get; }

    /// <summary>How segments are written.</summary>
    public UpdateRule Rule { get; }

    /// <summary>Tokens of a segment.</summary>
    public int SegmentTokens { get; }

    /// <summary>Changes of the model's projections.</summary>
    public IReadOnlyList<LoraAdapter> Changes { get; private init; } = [];

    /// <summary>No adapter: gates that are closed, segments of the model's window.</summary>
    /// <param name="config">The model's configuration.</param>
    public static InfiniAdapter None(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new InfiniAdapter("", InfiniGates.Closed(config), UpdateRule.Linear, config.ContextLength);
    }

    /// <summary>Reads an adapter.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">The configuration of the model that it is for.</param>
    /// <param name="model">The SHA-256 of the file of that model's weights, in lower-case hexadecimal.</param>
    /// <exception cref="CheckpointException">
    /// The file cannot be read, is for another model, has another shape, or holds something that is no number.
    /// </exception>
    public static InfiniAdapter Load(string path, DecoderConfig config, string model)
    {
        ArgumentNullException.ThrowIfNull(config);
        using var file = SafetensorsFile.Open(path);
        Require(path, file, "format", found => found == Format, $"'{Format}'");
        Require(path, file, "model", found => found == model, $"'{model}': the adapter is for another model");
        var rule = Require(path, file, "update_rule", found => RuleOf(found) is not null, "'linear' or 'delta'");
        var segment = Require(
            path,
            file,
            "segment_tokens",
            found => TokensOf(found) is { } tokens && tokens >= 1 && tokens <= config.ContextLength,
            $"1 to {config.ContextLength}, the model's window"
        );
        var betas = file.Read("gates", config.LayerCount, config.HeadCount);
        var changes = ReadLora(path, file, config);
        var known = changes.Count * 2 + 1;
        if (file.Tensors.Count != known)
        {
            throw new CheckpointException(
                path,
                $"{file.Tensors.Count} tensors found, expected {known}: 'gates' and pairs 'layers.N.P.a', 'layers.N.P.b' "
                    + $"with N below {config.LayerCount} and P of q, k, v, o"
            );
        }

        return new InfiniAdapter(
            Hash(path),
            InfiniGates.FromBetas(config, betas),
            RuleOf(rule)!.Value,
            TokensOf(segment)!.Value
        )
        {
            Changes = changes,
        };
    }

    /// <summary>The model with the adapter's changes; the weights are shared.</summary>
    /// <param name="model">The model that the adapter is for.</param>
    public Decoder Apply(Decoder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Changes.Count == 0 ? model : model.WithLora(Changes);
    }

    /// <summary>An empty compressive memory of a model's shape that is written by the adapter's rule.</summary>
    /// <param name="config">The model's configuration.</param>
    public CompressiveMemory CreateMemory(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new CompressiveMemory(config.LayerCount, config.KeyValueHeadCount, config.HeadDim, Rule);
    }

    /// <summary>The attention of a sequence that reads and writes a compressive memory.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="memory">The compressive memory.</param>
    public SegmentedAttention Attend(DecoderConfig config, CompressiveMemory memory) =>
        new(config, memory, Gates, SegmentTokens);

    private static List<LoraAdapter> ReadLora(string path, SafetensorsFile file, DecoderConfig config)
    {
        var changes = new List<LoraAdapter>();
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            foreach (var (name, projection) in Projections)
            {
                var prefix = $"layers.{layer}.{name}";
                if (!file.Tensors.TryGetValue($"{prefix}.a", out var down))
                {
                    continue;
                }

                var (outputs, inputs) = projection switch
                {
                    AttentionProjection.Query => (config.QuerySize, config.HiddenSize),
                    AttentionProjection.Output => (config.HiddenSize, config.QuerySize),
                    _ => (config.KeyValueSize, config.HiddenSize),
                };
                var rank = down.Shape is [> 0 and <= 4096 and var rows, _]
                    ? (int)rows
                    : throw new CheckpointException(
                        path,
                        $"tensor '{prefix}.a': {down} found, expected [rank, {inputs}]"
                    );
                changes.Add(
                    new LoraAdapter(
                        layer,
                        projection,
                        rank,
                        Finite(path, $"{prefix}.a", file.Read($"{prefix}.a", rank, inputs)),
                        Finite(path, $"{prefix}.b", file.Read($"{prefix}.b", outputs, rank))
                    )
                );
            }
        }

        return changes;
    }

    private static float[] Finite(string path, string name, float[] values) =>
        Array.TrueForAll(values, float.IsFinite)
            ? values
            : throw new CheckpointException(
                path,
                $"tensor '{name}': a number that is not finite found. Train it again"
            );

    private static string Require(
        string path,
        SafetensorsFile file,
        string key,
        Func<string, bool> isRight,
        string expected
    )
    {
        var found = file.Metadata.GetValueOrDefault(key);
        return found is not null && isRight(found)
            ? found
            : throw new CheckpointException(
                path,
                $"metadata '{key}': {(found is null ? "nothing" : $"'{found}'")} found, expected {expected}"
            );
    }

    private static UpdateRule? RuleOf(string text) =>
        text switch
        {
            "linear" => UpdateRule.Linear,
            "delta" => UpdateRule.Delta,
            _ => null,
        };

    private static int? TokensOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) ? tokens : null;

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
