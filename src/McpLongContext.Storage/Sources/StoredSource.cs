namespace McpLongContext.Storage.Sources;

/// <summary>A file or directory that was ingested.</summary>
/// <param name="Path">The path, absolute.</param>
/// <param name="IsComplete">Whether it was read to its end once; until then nothing follows its changes.</param>
/// <param name="IsWatched">Whether its changes are ingested as they happen.</param>
public sealed record StoredSource(string Path, bool IsComplete, bool IsWatched)
{
    /// <summary>Folders beneath which its files must lie, links resolved; empty for the roots of the process.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];
}
