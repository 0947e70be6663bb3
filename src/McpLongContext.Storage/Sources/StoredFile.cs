namespace McpLongContext.Storage.Sources;

/// <summary>A file of a source as it was last read.</summary>
/// <param name="Path">The path, absolute.</param>
/// <param name="Source">The path of the source.</param>
/// <param name="Role">The part that it plays.</param>
/// <param name="Stamp">The stamp, taken before it was read.</param>
public sealed record StoredFile(string Path, string Source, FileRole Role, FileStamp Stamp);
