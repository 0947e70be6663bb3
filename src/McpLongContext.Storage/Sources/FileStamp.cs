namespace McpLongContext.Storage.Sources;

/// <summary>
/// The state of a file or directory on disk as its directory entry tells it, without its content: equal stamps mean an
/// unchanged content.
/// </summary>
/// <param name="Size">Bytes; 0 of a directory, -1 where nothing exists.</param>
/// <param name="Modified">The last write, in nanoseconds since 1970.</param>
/// <param name="Identity">
/// A hash of what else changes with the content, such as inode and status time; 0 while the stamp is not settled, so
/// that a later one differs.
/// </param>
public readonly record struct FileStamp(long Size, long Modified, long Identity)
{
    /// <summary>Nothing exists at the path.</summary>
    public static FileStamp Missing { get; } = new(-1, 0, 0);

    /// <summary>Whether something exists at the path.</summary>
    public bool Exists => Size >= 0;
}
