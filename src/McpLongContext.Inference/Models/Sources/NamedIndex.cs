using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>The index of a source's sharded weights.</summary>
/// <param name="Name">The index's file name.</param>
/// <param name="Shards">The files that it names, each once.</param>
internal sealed record NamedIndex(string Name, IReadOnlyList<string> Shards)
{
    /// <summary>
    /// The name of the index that counts among a source's files; null where the weights are one file.
    /// </summary>
    /// <exception cref="ModelException">There are several.</exception>
    public static string? Choose(IReadOnlyCollection<string> paths, string origin) =>
        paths.Contains(SafetensorsFolder.SingleName) ? null : Explain(() => ShardIndex.Choose(paths, origin));

    /// <summary>Reads an index.</summary>
    /// <exception cref="ModelException">The text is no index.</exception>
    public static NamedIndex Parse(string name, ReadOnlyMemory<byte> json) =>
        new(name, [.. Explain(() => ShardIndex.Parse(json, name)).Values.Distinct(StringComparer.Ordinal)]);

    /// <summary>Finds and reads the index of a source whose files are at hand.</summary>
    /// <exception cref="ModelException">There are several, or it is none.</exception>
    public static NamedIndex? Find(IReadOnlyCollection<string> paths, string origin, Func<string, byte[]> read) =>
        Choose(paths, origin) is { } name ? Parse(name, read(name)) : null;

    private static T Explain<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CheckpointException e)
        {
            throw new ModelException($"{e.Message}. Nothing was installed.", e);
        }
    }
}
