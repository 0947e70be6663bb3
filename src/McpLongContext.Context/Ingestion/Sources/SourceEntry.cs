using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>What a scan found.</summary>
/// <param name="Path">Absolute, links resolved.</param>
internal abstract record SourceEntry(string Path);

/// <summary>A file to read.</summary>
/// <param name="Path">Absolute, links resolved.</param>
/// <param name="Size">Bytes when it was found.</param>
/// <param name="Modified">Last write when it was found.</param>
/// <param name="Named">The user named this very file, so that only what cannot or must not be read is refused.</param>
internal sealed record SourceFile(string Path, long Size, DateTimeOffset Modified, bool Named) : SourceEntry(Path);

/// <summary>A file or directory that is not read.</summary>
/// <param name="Path">Absolute; may hold characters that <see cref="Printable"/> must escape.</param>
/// <param name="Reason">Why, in words that tell what to change.</param>
/// <param name="IsTransient">
/// It could not be read this time, which says nothing about its content: what is stored of it stays.
/// </param>
internal sealed record SkippedSource(string Path, string Reason, bool IsTransient = false) : SourceEntry(Path);
