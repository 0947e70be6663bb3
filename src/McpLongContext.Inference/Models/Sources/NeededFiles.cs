using System.Globalization;
using System.Text.RegularExpressions;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// Chooses the files that an inference engine needs among those of a repository or folder: one form of the weights,
/// the tokenizer and the configuration, and none of the same weights in other formats.
/// </summary>
internal static partial class NeededFiles
{
    /// <summary>The tokenizer of llama2.c, beside weights of that format or of another.</summary>
    private const string BinaryTokenizer = "tokenizer.bin";

    private static readonly string[] s_companions =
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer.model",
        BinaryTokenizer,
        "spiece.model",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.jinja",
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "modules.json",
        "sentence_bert_config.json",
        "1_Pooling/config.json",
        SafetensorsFolder.AdapterName,
        SafetensorsFolder.EncoderAdapterName,
    ];

    private static readonly string[] s_besideWeights = ["mmproj", "imatrix", "adapter_model", "consolidated"];

    /// <summary>Chooses among relative paths with <c>/</c> as separator.</summary>
    /// <param name="paths">All files there are.</param>
    /// <param name="chosen">The weights file that the user named, or null.</param>
    /// <param name="quantization">The quantization of a GGUF file that the user named, or null.</param>
    /// <param name="origin">The source, as the user wrote it, for messages.</param>
    /// <param name="index">
    /// The index of sharded weights, where the source has one (<see cref="ShardIndex.Choose"/>); otherwise null.
    /// </param>
    /// <exception cref="ModelException">There are no weights, or several between which the user must
    /// choose.</exception>
    public static IReadOnlyList<string> Select(
        IReadOnlyCollection<string> paths,
        string? chosen,
        string? quantization,
        string origin,
        NamedIndex? index
    )
    {
        var weights = (chosen, quantization) switch
        {
            (not null, _) => [Named(paths, chosen, origin)],
            (_, not null) => [GgufChoice.Select(paths, quantization, origin)],
            _ => DefaultWeights(paths, origin, index),
        };
        return [.. s_companions.Where(paths.Contains), .. weights];
    }

    /// <summary>The weights of a source: <see cref="IsWeights"/> in its uppermost folder.</summary>
    public static List<string> WeightsOf(IEnumerable<string> paths) =>
        [.. paths.Where(IsWeights).Order(StringComparer.Ordinal)];

    private static List<string> DefaultWeights(IReadOnlyCollection<string> paths, string origin, NamedIndex? index)
    {
        if (paths.Contains(SafetensorsFolder.SingleName))
        {
            return [SafetensorsFolder.SingleName];
        }

        if (index is not null)
        {
            return [index.Name, .. Shards(paths, origin, index)];
        }

        var safetensors = WeightsOf(paths).FindAll(IsSafetensors);
        if (safetensors.Count > 1 && ShardIndex.AreComplete(safetensors))
        {
            return safetensors;
        }

        if (safetensors.FirstOrDefault(path => ShardOf.IsMatch(path)) is { } shard)
        {
            var count = int.Parse(ShardOf.Match(shard).Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
            if (safetensors.Count != 1 || count != 1)
            {
                throw new ModelException(
                    $"{origin} has {safetensors.Count} of {count} files of its weights and no {ShardIndex.UsualName}. "
                        + "Fetch the missing files, or choose another revision or repository."
                );
            }
        }

        // The weights of llama2.c.
        var binaries = paths
            .Where(path => path.EndsWith(".bin", StringComparison.Ordinal) && path != BinaryTokenizer)
            .ToList();
        if (
            paths.Contains(BinaryTokenizer)
            && binaries.Count == 1
            && !binaries[0].Contains('/', StringComparison.Ordinal)
        )
        {
            return binaries;
        }

        var candidates = WeightsOf(paths);
        return candidates.Count switch
        {
            1 => candidates,
            0 => throw new ModelException(
                $"{origin} has no weights that can be read: a .safetensors or .gguf file is needed."
                    + (OtherWeights(paths) is { } other ? $" {other} is of another format{RemedyOf(other)}." : "")
            ),
            _ => [GgufChoice.Select(paths, quantization: null, origin)],
        };
    }

    /// <summary>The shards that the index names, once it is certain that none is missing.</summary>
    private static List<string> Shards(IReadOnlyCollection<string> paths, string origin, NamedIndex index)
    {
        var missing = index.Shards.Where(shard => !paths.Contains(shard)).ToList();
        return missing.Count == 0
            ? [.. index.Shards.Order(StringComparer.Ordinal)]
            : throw new ModelException(
                $"{origin} has {index.Shards.Count - missing.Count} of {index.Shards.Count} files of its weights: "
                    + $"{string.Join(", ", missing)} of {index.Name} is missing. Fetch it, or choose another revision or "
                    + "repository."
            );
    }

    /// <summary>A file with the same model in a format that is not read, a pickle before others.</summary>
    private static string? OtherWeights(IReadOnlyCollection<string> paths) =>
        paths
            .Where(path => IsPickle(path) || Path.GetExtension(path) is ".onnx" or ".h5" or ".msgpack")
            .OrderByDescending(IsPickle)
            .FirstOrDefault();

    private static bool IsPickle(string path) => Path.GetExtension(path) is ".bin" or ".pth" or ".pt";

    private static string RemedyOf(string path) =>
        IsPickle(path)
            ? ", a pickle, which can run code and is not read: convert it with save_pretrained(..., "
                + "safe_serialization=True), or choose a revision or repository with model.safetensors"
            : ": convert it";

    private static bool IsSafetensors(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a file may hold a model's weights: of a known ending in any case, not hidden, not in a folder, and not
    /// what goes by such an ending beside them (a projector, statistics, an adapter, the same weights under Meta's
    /// names).
    /// </summary>
    private static bool IsWeights(string path) =>
        (IsSafetensors(path) || path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        && path[0] != '.'
        && path is not (SafetensorsFolder.AdapterName or SafetensorsFolder.EncoderAdapterName)
        && !path.Contains('/', StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && !Array.Exists(s_besideWeights, start => path.StartsWith(start, StringComparison.OrdinalIgnoreCase));

    private static string Named(IReadOnlyCollection<string> paths, string chosen, string origin) =>
        paths.Contains(chosen)
            ? chosen
            : throw new ModelException(
                $"{origin} has no file {chosen}. Its weights: " + string.Join(", ", WeightsOf(paths))
            );

    [GeneratedRegex(
        @"-\d{5}-of-(?<count>\d{5})\.safetensors$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ShardOf { get; }
}
