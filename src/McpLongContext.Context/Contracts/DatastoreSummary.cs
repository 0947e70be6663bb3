using System.Text.Json.Serialization;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Context.Contracts;

/// <summary>The content of a datastore.</summary>
public sealed record DatastoreSummary
{
    /// <summary>The name of the datastore.</summary>
    public required string Name { get; init; }

    /// <summary>Documents.</summary>
    public int Documents { get; init; }

    /// <summary>Passages, the units that are cited.</summary>
    public int Passages { get; init; }

    /// <summary>Commits of Git histories, which answer when and why something was changed.</summary>
    public int Commits { get; init; }

    /// <summary>Tokens whose token embeddings are stored.</summary>
    public long Tokens { get; init; }

    /// <summary>Bytes on disk, all files together.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes on disk of the token embeddings alone.</summary>
    public long StateBytes { get; init; }

    /// <summary>The decoder memories of the datastore, by model.</summary>
    public IReadOnlyList<MemorySummary> Memories { get; init; } = [];

    /// <summary>Documents whose token embeddings are still missing.</summary>
    public int PendingDocuments { get; init; }

    /// <summary>Length of an encoder input, in tokens.</summary>
    public int ChunkSize { get; init; }

    /// <summary>Share of a chunk that overlaps with its neighbors, 0 to 0.75.</summary>
    public double Overlap { get; init; }

    /// <summary>Why it cannot be used, and the remedy; <see langword="null"/> when it can.</summary>
    public string? Problem { get; init; }
}

/// <summary>A decoder memory.</summary>
/// <param name="Model">The decoder.</param>
/// <param name="Tokens">Tokens of stored documents that are in it.</param>
/// <param name="Bytes">Bytes on disk, those of removed documents included until the next compaction.</param>
/// <param name="PendingDocuments">Documents that are not, or not wholly, in it.</param>
public sealed record MemorySummary(string Model, long Tokens, long Bytes, int PendingDocuments)
{
    /// <summary>The memory kind.</summary>
    public required MemoryKind Kind { get; init; }

    /// <summary>The term for a memory of this kind: token memory, compressive memory.</summary>
    [JsonIgnore]
    public string Title { get; init; } = "memory";

    /// <summary>How this one differs from others of its kind; <see langword="null"/>: in nothing.</summary>
    [JsonIgnore]
    public string? Variant { get; init; }

    /// <summary>
    /// The first layer whose keys and values it keeps; <see langword="null"/>: it keeps what spans are selected by.
    /// </summary>
    public int? LayerBegin { get; init; }

    /// <summary>The beginning of the adapter's SHA-256; <see langword="null"/> where there is none.</summary>
    public string? Adapter { get; init; }
}

/// <summary>A document of a datastore.</summary>
/// <param name="Path">The path that citations show.</param>
/// <param name="Kind">The recognized kind: code, markdown, transcript, prose or data.</param>
/// <param name="Lines">The number of lines.</param>
/// <param name="Bytes">The size of its text, in bytes of UTF-8.</param>
/// <param name="Passages">The number of passages.</param>
/// <param name="Encoded">Whether its token embeddings are stored.</param>
public sealed record DocumentSummary(string Path, string Kind, int Lines, long Bytes, int Passages, bool Encoded);

/// <summary>A datastore with its documents.</summary>
/// <param name="Summary">The datastore's totals.</param>
/// <param name="Documents">The datastore's documents, by path.</param>
public sealed record DatastoreDetail(DatastoreSummary Summary, IReadOnlyList<DocumentSummary> Documents);

/// <summary>The outcome of a removal.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Documents">The paths of the removed documents.</param>
public sealed record RemoveReport(string Datastore, IReadOnlyList<string> Documents);

/// <summary>The result of checking a datastore.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Sound">Whether nothing was found.</param>
/// <param name="Findings">The damage; paths as citations show them.</param>
/// <param name="Repaired">Whether the damaged parts were dropped, so that the next ingest renews them.</param>
public sealed record VerifyReport(string Datastore, bool Sound, IReadOnlyList<DamageReport> Findings, bool Repaired);

/// <summary>The result of a backup.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="File">The file.</param>
/// <param name="Bytes">The size of the file.</param>
public sealed record BackupReport(string Datastore, string File, long Bytes);

/// <summary>The result of compacting a datastore.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="BytesBefore">Bytes on disk before.</param>
/// <param name="BytesAfter">Bytes on disk after.</param>
public sealed record CompactReport(string Datastore, long BytesBefore, long BytesAfter);

/// <summary>New chunk settings of a datastore; what is <see langword="null"/> stays.</summary>
public sealed record ChunkingRequest
{
    /// <summary>The datastore; created when it does not exist.</summary>
    public string Datastore { get; init; } = "default";

    /// <summary>Length of an encoder input in tokens, from 32 to the window of the encoder.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>Share of a chunk that overlaps with its neighbors, 0 to 0.75.</summary>
    public double? Overlap { get; init; }

    /// <summary>
    /// A bit model, whose chunks of attention are set, in bits, instead of a datastore's; <see langword="null"/> for
    /// the datastore.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>Whether documents that are encoded already are encoded again with the new settings.</summary>
    public bool ApplyToExisting { get; init; }
}

/// <summary>The chunk settings in force.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="ChunkSize">Length of an encoder input, in tokens.</param>
/// <param name="Overlap">Share of a chunk that overlaps with its neighbors.</param>
/// <param name="PendingDocuments">Documents that wait for being encoded.</param>
/// <param name="Job">The job that encodes existing documents again, when asked for.</param>
public sealed record ChunkingReport(string Datastore, int ChunkSize, double Overlap, int PendingDocuments, string? Job)
{
    /// <summary>The bit model whose chunks these are, in bits; <see langword="null"/> for a datastore's.</summary>
    public string? Model { get; init; }
}

/// <summary>A document's text, or some lines of it.</summary>
/// <param name="Path">The path that citations show.</param>
/// <param name="StartLine">First line, 1-based.</param>
/// <param name="EndLine">Last line, inclusive.</param>
/// <param name="Lines">The number of lines of the whole document.</param>
/// <param name="Text">The lines.</param>
public sealed record DocumentText(string Path, int StartLine, int EndLine, int Lines, string Text);
