namespace McpLongContext.Context.Contracts;

/// <summary>The sources to ingest: files and directories, or one text with a name.</summary>
public sealed record IngestRequest
{
    /// <summary>Files and directories; relative ones are relative to the working directory.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>
    /// Folders beneath which the paths must lie, within the allowed roots; empty for all of these.
    /// </summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>A text to ingest instead of paths; needs <see cref="Name"/>.</summary>
    public string? Text { get; init; }

    /// <summary>The document name of <see cref="Text"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The datastore that receives the documents; created when it does not exist.</summary>
    public string Datastore { get; init; } = "default";

    /// <summary>The memory kind of the default decoder that is built, too, where it is not its window.</summary>
    public MemoryKind Memory { get; init; }

    /// <summary>
    /// Whether the paths are watched from now on, so that their changes are ingested as they happen;
    /// <see langword="null"/> leaves that as it is.
    /// </summary>
    public bool? Watch { get; init; }

    /// <summary>
    /// How long to wait; what is not done by then continues in the background. <see langword="null"/> waits until
    /// everything is stored.
    /// </summary>
    public TimeSpan? Wait { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>The stages of an ingest job.</summary>
public enum IngestState
{
    /// <summary>Files are read, split, indexed.</summary>
    Indexing,

    /// <summary>Everything is searchable lexically; token embeddings are being computed.</summary>
    Encoding,

    /// <summary>Everything is searchable; a decoder reads the documents into its decoder memory.</summary>
    Memorizing,

    /// <summary>Everything is stored.</summary>
    Complete,

    /// <summary>
    /// Everything is searchable lexically; no encoder is installed, so no token embeddings were computed.
    /// </summary>
    LexicalOnly,

    /// <summary>Stopped on request; what was acknowledged is kept.</summary>
    Cancelled,

    /// <summary>Stopped by an error; what was acknowledged is kept.</summary>
    Failed,
}

/// <summary>Questions about <see cref="IngestState"/>.</summary>
public static class IngestStates
{
    /// <summary>Whether a job in this state has ended.</summary>
    public static bool IsFinal(this IngestState state) =>
        state is not (IngestState.Indexing or IngestState.Encoding or IngestState.Memorizing);
}

/// <summary>A file that was not ingested.</summary>
/// <param name="Path">The path as it would have been cited.</param>
/// <param name="Reason">Why, in words that tell what to change.</param>
public sealed record SkippedFile(string Path, string Reason);

/// <summary>The progress of an ingest; the final report when <see cref="State"/> is a final one.</summary>
public sealed record IngestReport
{
    /// <summary>The handle to ask for the job's status with.</summary>
    public required string Job { get; init; }

    /// <summary>The datastore.</summary>
    public required string Datastore { get; init; }

    /// <summary>The stage.</summary>
    public required IngestState State { get; init; }

    /// <summary>Documents that are new.</summary>
    public int Added { get; init; }

    /// <summary>Documents whose content changed.</summary>
    public int Updated { get; init; }

    /// <summary>Documents whose content is the same as before.</summary>
    public int Unchanged { get; init; }

    /// <summary>Documents found under another path than before.</summary>
    public int Renamed { get; init; }

    /// <summary>Documents that vanished from the ingested directory and were removed.</summary>
    public int Removed { get; init; }

    /// <summary>
    /// Files that were not ingested, with the reason of each; directories are named once. The first ones of each
    /// reason: <see cref="SkippedCount"/> counts all.
    /// </summary>
    public IReadOnlyList<SkippedFile> Skipped { get; init; } = [];

    /// <summary>How many files and directories were not ingested.</summary>
    public int SkippedCount { get; init; }

    /// <summary>Bytes of text read.</summary>
    public long Bytes { get; init; }

    /// <summary>Passages in the datastore.</summary>
    public int Passages { get; init; }

    /// <summary>Commits of Git histories in the datastore.</summary>
    public int Commits { get; init; }

    /// <summary>Tokens that this job encoded.</summary>
    public long EncodedTokens { get; init; }

    /// <summary>
    /// Documents of the datastore whose token embeddings are still missing; while files are read, those that this job
    /// has stored so far.
    /// </summary>
    public int PendingDocuments { get; init; }

    /// <summary>Documents without token embeddings when the job began to encode.</summary>
    internal int DocumentsToEncode { get; init; }

    /// <summary>How far the decoder memory is built; <see langword="null"/> where the job builds none.</summary>
    public MemoryProgress? Memory { get; init; }

    /// <summary>Seconds until every document was searchable lexically.</summary>
    public double SearchableSeconds { get; init; }

    /// <summary>Seconds since the job began, or that it took.</summary>
    public double ElapsedSeconds { get; init; }

    /// <summary>Whether the sources are watched: their changes are ingested as they happen.</summary>
    public bool Watched { get; init; }

    /// <summary>Notes and next steps for the user, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
