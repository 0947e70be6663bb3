using System.Globalization;
using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// Chooses the files that an inference engine needs among those of a repository or folder: one form of the weights,
/// the tokenizer and the configuration, and none of the same weights in other formats.
/// </summary>
internal static partial class NeededFiles
{
    private static readonly string[] s_companions =
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer.model",
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
    ];

    /// <summary>Chooses among relative paths with <c>/</c> as separator.</summary>
    /// <param name="paths">All files there are.</param>
    /// <param name="chosen">The weights file that the user named, or null.</param>
    /// <param name="quantisation">The quantisation of a GGUF file that the user named, or null.</param>
    /// <param name="origin">The source, as the user wrote it, for messages.</param>
    /// <exception cref="ModelException">There are no weights, or several between which the user must choose.</exception>
    public static IReadOnlyList<string> Select(
        IReadOnlyCollection<string> paths,
        string? chosen,
        string? quantisation,
        string origin
    )
    {
        var weights = (chosen, quantisation) switch
        {
            (not null, _) => [Named(paths, chosen, origin)],
            (_, not null) => [GgufChoice.Select(paths, quantisation, origin)],
            _ => DefaultWeights(paths, origin),
        };
        return [.. s_companions.Where(paths.Contains), .. weights];
    }

    private static List<string> DefaultWeights(IReadOnlyCollection<string> paths, string origin)
    {
        if (paths.Contains("model.safetensors"))
        {
            return ["model.safetensors"];
        }

        var shards = paths.Where(path => ShardName.IsMatch(path)).Order(StringComparer.Ordinal).ToList();
        if (shards.Count > 0)
        {
            return [Index(paths, shards, origin), .. shards];
        }

        // The format of llama2.c: the weights, and beside them a tokenizer of a fixed name.
        const string Tokenizer = "tokenizer.bin";
        var binaries = paths
            .Where(path => path.EndsWith(".bin", StringComparison.Ordinal) && path != Tokenizer)
            .ToList();
        if (paths.Contains(Tokenizer) && binaries.Count == 1 && !binaries[0].Contains('/', StringComparison.Ordinal))
        {
            return [binaries[0], Tokenizer];
        }

        var candidates = paths.Where(path => WeightsName.IsMatch(path)).Order(StringComparer.Ordinal).ToList();
        return candidates.Count switch
        {
            1 => candidates,
            0 => throw new ModelException(
                $"{origin} has no weights that can be read: a .safetensors or .gguf file is needed."
            ),
            _ => [GgufChoice.Select(paths, quantisation: null, origin)],
        };
    }

    /// <summary>The index of sharded weights, once it is certain that no shard is missing.</summary>
    private static string Index(IReadOnlyCollection<string> paths, List<string> shards, string origin)
    {
        const string Index = "model.safetensors.index.json";
        var count = int.Parse(ShardName.Match(shards[0]).Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        return shards.Count == count && paths.Contains(Index)
            ? Index
            : throw new ModelException(
                $"{origin} has {shards.Count} of {count} files of its weights"
                    + (paths.Contains(Index) ? "." : $" and no {Index}.")
                    + " Choose another revision or repository."
            );
    }

    private static string Named(IReadOnlyCollection<string> paths, string chosen, string origin) =>
        paths.Contains(chosen)
            ? chosen
            : throw new ModelException(
                $"{origin} has no file {chosen}. Its weights: "
                    + string.Join(", ", paths.Where(path => WeightsName.IsMatch(path)).Order(StringComparer.Ordinal))
            );

    [GeneratedRegex(
        @"^model-\d{5}-of-(?<count>\d{5})\.safetensors$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ShardName { get; }

    [GeneratedRegex(
        @"^[A-Za-z0-9_-][A-Za-z0-9._-]*\.(safetensors|gguf)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex WeightsName { get; }
}
