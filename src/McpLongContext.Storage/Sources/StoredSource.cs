namespace McpLongContext.Storage.Sources;

/// <summary>A file or directory that was ingested.</summary>
/// <param name="Path">The path, absolute.</param>
/// <param name="IsComplete">Whether it was read to its end once; until then nothing follows its changes.</param>
/// <param name="IsWatched">Whether its changes are ingested as they happen.</param>
public sealed record StoredSource(string Path, bool IsComplete, bool IsWatched);
