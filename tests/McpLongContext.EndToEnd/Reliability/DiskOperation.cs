namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Something that a process did to the files of a disk, in the order of completion.</summary>
/// <param name="Path">The file or folder, absolute.</param>
internal abstract record DiskOperation(string Path);

/// <summary>A file came to be; nothing when it was there.</summary>
internal sealed record Created(string Path) : DiskOperation(Path);

/// <summary>A folder came to be.</summary>
internal sealed record FolderCreated(string Path) : DiskOperation(Path);

/// <summary>Bytes were written.</summary>
internal sealed record Written(string Path, long Offset, byte[] Bytes) : DiskOperation(Path);

/// <summary>A file was cut or lengthened.</summary>
internal sealed record Resized(string Path, long Length) : DiskOperation(Path);

/// <summary>A file or a folder was flushed to the disk.</summary>
internal sealed record Flushed(string Path) : DiskOperation(Path);

/// <summary>A file or a folder has another name now.</summary>
internal sealed record Renamed(string Path, string Target) : DiskOperation(Path);

/// <summary>A file or a folder is gone.</summary>
internal sealed record Deleted(string Path) : DiskOperation(Path);
