using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>The index of sharded weights, <c>{"weight_map": {tensor: file}}</c>, and the names of its shards.</summary>
internal static partial class ShardIndex
{
    /// <summary>The name that the Transformers library gives it.</summary>
    public const string UsualName = "model.safetensors.index.json";

    private const string Ending = ".safetensors.index.json";

    /// <summary>The index of a folder: the usual one, or the only one; null where there is none.</summary>
    /// <exception cref="CheckpointException">There are several.</exception>
    public static string? Find(string folder) =>
        Choose([.. FolderFiles.Of(folder, Ending).Select(path => Path.GetFileName(path))], folder) is { } name
            ? Path.Combine(folder, name)
            : null;

    /// <summary>The index among the names of files; null where there is none.</summary>
    /// <param name="names">All files there are.</param>
    /// <param name="origin">Where they are, for messages.</param>
    /// <exception cref="CheckpointException">There are several, and none of the usual name.</exception>
    public static string? Choose(IEnumerable<string> names, string origin)
    {
        var found = names
            .Where(name =>
                name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase)
                && !name.Contains('/', StringComparison.Ordinal)
            )
            .ToList();
        return found.Contains(UsualName, StringComparer.Ordinal) ? UsualName
            : found.Count <= 1 ? found.FirstOrDefault()
            : throw new CheckpointException(
                origin,
                $"{string.Join(", ", found)} found, expected one index: remove the others"
            );
    }

    /// <summary>Reads an index from a file.</summary>
    /// <returns>The file of each tensor, which is a name without a folder.</returns>
    /// <exception cref="CheckpointException">The index cannot be read, or names a file elsewhere.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read as an index of tensors: {e.Message}", e);
        }
    }

    /// <summary>Reads an index.</summary>
    /// <param name="json">The index's text.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <inheritdoc cref="Read" path="/returns|/exception"/>
    public static Dictionary<string, string> Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var map = document.RootElement.GetProperty("weight_map").EnumerateObject();
            return map.ToDictionary(entry => entry.Name, entry => NameOf(entry, path), StringComparer.Ordinal);
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new CheckpointException(path, $"cannot be read as an index of tensors: {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether names are those of all shards of one model: <c>model-00001-of-00002.safetensors</c> and so on.
    /// </summary>
    public static bool AreComplete(IEnumerable<string> names)
    {
        var shards = names.Select(name => ShardName.Match(name)).ToList();
        return shards.Count > 0
            && shards.TrueForAll(shard => shard.Success)
            && shards
                .Select(shard => (Stem: shard.Groups["stem"].Value, Count: NumberOf(shard, "count")))
                .Distinct()
                .Count() == 1
            && shards
                .Select(shard => NumberOf(shard, "number"))
                .Order()
                .SequenceEqual(Enumerable.Range(1, NumberOf(shards[0], "count")));
    }

    private static int NumberOf(Match shard, string group) =>
        int.Parse(shard.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static string NameOf(JsonProperty entry, string path)
    {
        var name =
            entry.Value.GetString()
            ?? throw new CheckpointException(path, $"tensor '{entry.Name}': null found, expected the name of a file");
        // A name from a downloaded file: it must not lead out of the folder.
        return name == Path.GetFileName(name) && name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal)
            ? name
            : throw new CheckpointException(path, $"file '{name}' found, expected a name without a folder");
    }

    [GeneratedRegex(
        @"^(?<stem>.*)-(?<number>\d{5})-of-(?<count>\d{5})(\.safetensors)?$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ShardName { get; }
}
