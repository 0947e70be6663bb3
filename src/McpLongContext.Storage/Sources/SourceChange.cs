namespace McpLongContext.Storage.Sources;

/// <summary>A change of the table of sources, made in the order of the members.</summary>
public sealed record SourceChange
{
    /// <summary>Sources to forget with all their files.</summary>
    public IReadOnlyList<string> RemoveSources { get; init; } = [];

    /// <summary>Files to forget.</summary>
    public IReadOnlyList<(string Source, string Path)> RemoveFiles { get; init; } = [];

    /// <summary>Sources to add or replace.</summary>
    public IReadOnlyList<StoredSource> Sources { get; init; } = [];

    /// <summary>Files to add or replace; their sources are known.</summary>
    public IReadOnlyList<StoredFile> Files { get; init; } = [];

    /// <summary>Paths of files whose documents stay out of the datastore until they are ingested again.</summary>
    public IReadOnlyList<string> RemovedDocuments { get; init; } = [];
}
