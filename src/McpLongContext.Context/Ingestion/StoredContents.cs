using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Symbols;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// The contents of a datastore, to be stored under other paths: books and office files of another working tree, of a
/// renamed folder. Their text is not extracted again. Thread-safe.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="documents">The documents to copy from; those that are removed meanwhile are left out.</param>
internal sealed class StoredContents(Datastore datastore, DocumentTable documents)
{
    /// <summary>The document of a content for another path; <see langword="null"/> where it is not stored whole.</summary>
    /// <param name="content">The content.</param>
    /// <param name="path">The path.</param>
    /// <param name="modified">When the file at the path was changed last.</param>
    public NewDocument? Copy(ContentKey content, string path, DateTimeOffset modified)
    {
        if (!documents.TryFindByContent(content, out var stored))
        {
            return null;
        }

        using var snapshot = datastore.Snapshot();
        return
            snapshot.Symbols.IsCurrent(SymbolScanner.Version, stored.FirstPassage)
            && PassagesOf(snapshot, stored) is { } passages
            ? new NewDocument
            {
                Path = path,
                Kind = stored.Kind,
                ContentKey = content,
                Bytes = stored.Bytes,
                Modified = modified,
                LineCount = stored.LineCount,
                Passages = passages,
                SymbolVersion = SymbolScanner.Version,
            }.Analyze()
            : null;
    }

    /// <summary>The passages of a document; <see langword="null"/> where one is damaged or not there any more.</summary>
    private static List<NewPassage>? PassagesOf(DatastoreSnapshot snapshot, StoredDocument stored)
    {
        try
        {
            var symbols = snapshot
                .Symbols.Between(stored.FirstPassage, stored.FirstPassage + stored.PassageCount - 1)
                .ToLookup(
                    symbol => symbol.Passage,
                    symbol => new NewSymbol(symbol.Line, symbol.Name, symbol.Kind, symbol.Container)
                );
            List<NewPassage> passages =
            [
                .. snapshot
                    .Passages.Of(stored)
                    .Select(passage => new NewPassage(passage.StartLine, passage.EndLine, passage.Text, passage.Context)
                    {
                        Symbols = [.. symbols[passage.Id]],
                    }),
            ];
            return passages.Count == stored.PassageCount ? passages : null;
        }
        catch (DatastoreCorruptException)
        {
            return null;
        }
    }
}
