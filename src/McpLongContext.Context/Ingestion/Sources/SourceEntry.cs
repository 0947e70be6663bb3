using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>An entry that a scan found.</summary>
/// <param name="Path">Absolute, links resolved.</param>
internal abstract record SourceEntry(string Path);

/// <summary>A file to read.</summary>
/// <param name="Path">Absolute, links resolved.</param>
/// <param name="Size">Bytes when it was found.</param>
/// <param name="Modified">Last write when it was found.</param>
/// <param name="Wanted">How much the user wants it.</param>
internal sealed record SourceFile(string Path, long Size, DateTimeOffset Modified, Wanted Wanted = Wanted.AsFound)
    : SourceEntry(Path);

/// <summary>How much the user wants a file, each more than the one before.</summary>
internal enum Wanted
{
    /// <summary>The file lies in a directory that was named.</summary>
    AsFound,

    /// <summary>
    /// The file was named itself, or a <c>.longcontextignore</c> takes it back: only what cannot be read, and secrets,
    /// are refused.
    /// </summary>
    Explicitly,

    /// <summary>
    /// A <c>.longcontextignore</c> takes it back by its very name: it is read even when it holds a secret.
    /// </summary>
    EvenAsSecret,
}

/// <summary>A file or directory that is not read.</summary>
/// <param name="Path">Absolute; may hold characters that <see cref="Printable"/> must escape.</param>
/// <param name="Reason">Why, in words that tell what to change.</param>
/// <param name="IsTransient">
/// Whether the file could not be read this time, which says nothing about its content: its stored document stays.
/// </param>
internal sealed record SkippedSource(string Path, string Reason, bool IsTransient = false) : SourceEntry(Path)
{
    /// <summary>Whether the file is left out for its size alone, which the next write may change.</summary>
    public bool IsOfSize { get; init; }
}
