using System.Diagnostics.CodeAnalysis;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Catalog;

/// <summary>All documents of one published generation, in RAM and immutable.</summary>
public sealed class DocumentTable
{
    private readonly Dictionary<string, Document> _byPath;
    private readonly Document[][] _byPassage;
    private readonly long[] _firstPassages;
    private readonly Lazy<Dictionary<ContentKey, Document>> _byContent;

    private DocumentTable(List<Document> documents, List<DamagedEntry> damaged)
    {
        Damaged = damaged;
        _byPath = documents.ToDictionary(document => document.Path, StringComparer.Ordinal);
        _byPassage =
        [
            .. documents
                .Where(document => document.PassageCount > 0)
                .GroupBy(document => document.FirstPassage)
                .OrderBy(sharing => sharing.Key)
                .Select(sharing => sharing.OrderBy(document => document.Id).ToArray()),
        ];
        _firstPassages = _byPassage.Select(sharing => sharing[0].FirstPassage).ToArray();
        _byContent = new Lazy<Dictionary<ContentKey, Document>>(() => ByContent(_byPassage.Select(s => s[0])));
        All = documents;
        PassageCount = _byPassage.Sum(sharing => (long)sharing[0].PassageCount);
    }

    /// <summary>The documents, ordered by path.</summary>
    public IReadOnlyList<Document> All { get; }

    /// <summary>Entries that are damaged; their documents are not among <see cref="All"/>.</summary>
    public IReadOnlyList<DamagedEntry> Damaged { get; }

    /// <summary>The number of passages of all documents, shared ones once.</summary>
    public long PassageCount { get; }

    /// <summary>Finds a document by its exact path.</summary>
    public bool TryFind(string path, [NotNullWhen(true)] out Document? document) =>
        _byPath.TryGetValue(path, out document);

    /// <summary>Finds a document with passages that has a content.</summary>
    public bool TryFindByContent(ContentKey content, [NotNullWhen(true)] out Document? document) =>
        _byContent.Value.TryGetValue(content, out document);

    /// <summary>Finds the document that holds a passage; of those that share it, the one stored first.</summary>
    public bool TryFindByPassage(long passage, [NotNullWhen(true)] out Document? document)
    {
        document = Sharing(passage) is [var first, ..] ? first : null;
        return document is not null;
    }

    /// <summary>The documents that have a passage, in the order of their storing; none where there is none.</summary>
    public IReadOnlyList<Document> Sharing(long passage)
    {
        var index = Array.BinarySearch(_firstPassages, passage);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && passage < _byPassage[index][0].EndPassage ? _byPassage[index] : [];
    }

    /// <summary>The document that holds a passage; of those that share it, the one stored first.</summary>
    /// <exception cref="DatastoreException">There is no such passage.</exception>
    public Document OfPassage(long passage) =>
        TryFindByPassage(passage, out var document)
            ? document
            : throw new DatastoreException(
                $"The datastore has no passage {passage}. Ask again: it was removed or replaced."
            );

    private static Dictionary<ContentKey, Document> ByContent(IEnumerable<Document> documents)
    {
        var contents = new Dictionary<ContentKey, Document>();
        foreach (var document in documents)
        {
            contents.TryAdd(document.ContentKey, document);
        }

        return contents;
    }

    /// <summary>A table of documents that were read elsewhere.</summary>
    /// <param name="documents">Documents with distinct ids and paths.</param>
    public static DocumentTable Of(IEnumerable<Document> documents) =>
        new([.. documents.OrderBy(document => document.Path, StringComparer.Ordinal)], []);

    internal static DocumentTable Load(Database database)
    {
        var documents = new List<Document>();
        var damaged = new List<DamagedEntry>();
        using var rows = database.Prepare(
            "SELECT id, path, kind, content_key, bytes, modified, line_count, first_passage, passage_count, checksum "
                + "FROM documents ORDER BY path"
        );
        while (rows.Step())
        {
            var path = rows.Text(1);
            var document = new Document
            {
                Id = rows.Int64(0),
                Path = path,
                Kind = rows.Text(2),
                ContentKey = ContentKey.Stored(rows.Bytes(3)),
                Bytes = rows.Int64(4),
                Modified = new DateTimeOffset(Math.Clamp(rows.Int64(5), 0, DateTime.MaxValue.Ticks), TimeSpan.Zero),
                LineCount = rows.Int32(6),
                FirstPassage = rows.Int64(7),
                PassageCount = rows.Int32(8),
            };
            if (DocumentChecksum.Of(document) == rows.Int64(9))
            {
                documents.Add(document);
            }
            else
            {
                damaged.Add(new DamagedEntry(document.Id, path));
            }
        }

        return new DocumentTable(documents, damaged);
    }
}

/// <summary>A document whose entry is not what was written.</summary>
/// <param name="Id">The row.</param>
/// <param name="Path">The path, as far as it can be read.</param>
public sealed record DamagedEntry(long Id, string Path);
