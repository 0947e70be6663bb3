using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Storage.Catalog;

/// <summary>
/// A stored document; its passages have the contiguous ids from <see cref="FirstPassage"/> on. Documents of equal
/// content at the same place of several sources share their passages.
/// </summary>
public sealed record Document
{
    /// <summary>Identifies the document for as long as its path stays.</summary>
    public required long Id { get; init; }

    /// <summary>The path as it is cited, unique in the datastore.</summary>
    public required string Path { get; init; }

    /// <summary>The kind that the ingestion gave it, for example <c>code</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The hash of its content and splitting.</summary>
    public required ContentKey ContentKey { get; init; }

    /// <summary>The size of the source in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>When the source was modified last.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>The number of its lines.</summary>
    public required int LineCount { get; init; }

    /// <summary>The id of its first passage.</summary>
    public required long FirstPassage { get; init; }

    /// <summary>The number of its passages.</summary>
    public required int PassageCount { get; init; }

    /// <summary>The id after its last passage.</summary>
    internal long EndPassage => FirstPassage + PassageCount;
}

/// <summary>A document to store.</summary>
public sealed record NewDocument
{
    /// <summary>The path as it is cited; replaces what is stored under it.</summary>
    public required string Path { get; init; }

    /// <summary>The kind that the ingestion gives it, for example <c>code</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The hash of its content and splitting.</summary>
    public required ContentKey ContentKey { get; init; }

    /// <summary>The size of the source in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>When the source was modified last.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>The number of its lines.</summary>
    public required int LineCount { get; init; }

    /// <summary>
    /// The passages in order. They tile the document: their texts, one after the other, are exactly its text.
    /// </summary>
    public required IReadOnlyList<NewPassage> Passages { get; init; }

    /// <summary>The version of what found the symbols of its passages.</summary>
    public int SymbolVersion { get; init; }

    /// <summary>
    /// The id of its first passage where several datastores share one numbering, never given before;
    /// <see langword="null"/>: the next one.
    /// </summary>
    public long? FirstPassage { get; init; }

    /// <summary>The terms of its passages, where <see cref="Analyze"/> took them.</summary>
    internal PassageTerms? Terms { get; private init; }

    /// <summary>
    /// The same document with the terms of its passages. Several threads can take terms, and only one can store: what
    /// comes without is analyzed while it is stored.
    /// </summary>
    public NewDocument Analyze() => this with { Terms = PassageTerms.Of(Passages) };

    /// <summary>The terms of the passages that the document has now.</summary>
    internal PassageTerms RequireTerms() =>
        Terms is { } terms && ReferenceEquals(terms.Passages, Passages) ? terms : PassageTerms.Of(Passages);
}

/// <summary>A passage to store.</summary>
/// <param name="StartLine">The first line that a citation names, 1-based.</param>
/// <param name="EndLine">The last line that a citation names, inclusive.</param>
/// <param name="Text">The text, which may begin and end inside a line.</param>
/// <param name="Context">The enclosing structure (heading, enclosing declaration, session); indexed with it.</param>
public readonly record struct NewPassage(int StartLine, int EndLine, string Text, string Context = "")
{
    /// <summary>The definitions that it holds, in the order of their lines; none where it is null.</summary>
    public IReadOnlyList<NewSymbol>? Symbols { get; init; }
}

/// <summary>A change of the catalog; all of it is stored in one transaction, or nothing.</summary>
public sealed record CatalogChange
{
    /// <summary>Paths to remove, before anything is put; unknown ones are ignored.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>Documents to add or replace.</summary>
    public IReadOnlyList<NewDocument> Put { get; init; } = [];

    /// <summary>The change of the sources that belongs to it, made last.</summary>
    public SourceChange? Sources { get; init; }
}

/// <summary>The outcome of a change.</summary>
/// <param name="Added">Documents under a new path.</param>
/// <param name="Updated">Documents whose content changed.</param>
/// <param name="Unchanged">Documents that had the same content already.</param>
/// <param name="Removed">Documents removed.</param>
public readonly record struct CatalogChangeResult(int Added, int Updated, int Unchanged, int Removed);
