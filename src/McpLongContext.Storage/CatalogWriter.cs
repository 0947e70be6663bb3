using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// Applies a <see cref="CatalogChange"/> inside the caller's transaction: documents, passages, index.
/// </summary>
internal sealed class CatalogWriter(Database database)
{
    private readonly LexicalWriter _lexical = new(database);
    private readonly SymbolWriter _symbols = new(database);
    private readonly PassageSharing _sharing = new(database);
    private readonly Utf8Buffer _text = new();
    private readonly Utf8Buffer _context = new();

    public CatalogChangeResult Apply(CatalogChange change)
    {
        var removed = change.Remove.Count(Remove);
        var sources = SourceTable.Sources(database).ConvertAll(source => source.Path);
        var (added, updated, unchanged) = (0, 0, 0);
        foreach (var document in change.Put)
        {
            Require(document);
            var stored = Find(document.Path);
            if (stored is null)
            {
                added++;
                Write(document, InsertPlaceholder(document), sources);
            }
            else if (stored.Key == document.ContentKey && stored.PassageCount == document.Passages.Count)
            {
                unchanged++;
                UpdateRow(document, stored.Id, stored.FirstPassage);
                _symbols.Refresh(document, stored.FirstPassage);
            }
            else
            {
                updated++;
                Release(stored, document.Path);
                Write(document, stored.Id, sources);
            }
        }

        return new CatalogChangeResult(added, updated, unchanged, removed);
    }

    private static void Require(NewDocument document)
    {
        if (string.IsNullOrWhiteSpace(document.Path) || document.Path.Contains('\0'))
        {
            throw new DatastoreException("A document needs a path that is not empty and has no NUL character.");
        }

        foreach (var passage in document.Passages)
        {
            if (passage.StartLine < 1 || passage.EndLine < passage.StartLine)
            {
                throw new DatastoreException(
                    $"A passage of '{document.Path}' has the lines {passage.StartLine}-{passage.EndLine}; "
                        + "lines count from 1 and the last is not before the first."
                );
            }
        }
    }

    private bool Remove(string path)
    {
        if (Find(path) is not { } stored)
        {
            return false;
        }

        Release(stored, path);
        database.Prepare("DELETE FROM documents WHERE id = ?1").Bind(1, stored.Id).Run();
        return true;
    }

    private StoredDocument? Find(string path)
    {
        using var row = database
            .Prepare("SELECT id, content_key, first_passage, passage_count FROM documents WHERE path = ?1")
            .Bind(1, path);
        return row.Step()
            ? new StoredDocument(row.Int64(0), ContentKey.Stored(row.Bytes(1)), row.Int64(2), row.Int32(3))
            : null;
    }

    private long InsertPlaceholder(NewDocument document)
    {
        database
            .Prepare("INSERT INTO documents VALUES (NULL, ?1, '', x'', 0, 0, 0, 0, 0, 0)")
            .Bind(1, document.Path)
            .Run();
        return database.LastInsertId;
    }

    private void Write(NewDocument document, long id, IReadOnlyList<string> sources)
    {
        if (_sharing.FindEqual(document, sources) is { } shared)
        {
            Schema.AllowSharing(database);
            UpdateRow(document, id, shared);
            _symbols.Refresh(document, shared);
            return;
        }

        var first = TakePassageIds(document.FirstPassage, document.Passages.Count);
        UpdateRow(document, id, first);
        _symbols.Write(document, first);
        _lexical.BeginDocument(document.Path);
        var terms = document.RequireTerms();
        for (var i = 0; i < document.Passages.Count; i++)
        {
            var passage = document.Passages[i];
            var text = _text.Encode(passage.Text);
            var context = _context.Encode(passage.Context);
            var checksum = PassageChecksum.Of(first + i, id, passage.StartLine, passage.EndLine, text, context);
            database
                .Prepare("INSERT INTO passages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .Bind(1, first + i)
                .Bind(2, id)
                .Bind(3, passage.StartLine)
                .Bind(4, passage.EndLine)
                .BindUtf8(5, text)
                .BindUtf8(6, context)
                .Bind(7, checksum)
                .Run();
            _lexical.Add(first + i, terms.OfText(i), terms.OfContext(i));
        }
    }

    private void UpdateRow(NewDocument document, long id, long firstPassage)
    {
        var row = new Document
        {
            Id = id,
            Path = document.Path,
            Kind = document.Kind,
            ContentKey = document.ContentKey,
            Bytes = document.Bytes,
            Modified = document.Modified,
            LineCount = document.LineCount,
            FirstPassage = firstPassage,
            PassageCount = document.Passages.Count,
        };
        Span<byte> key = stackalloc byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        database
            .Prepare(
                "UPDATE documents SET kind = ?2, content_key = ?3, bytes = ?4, modified = ?5, line_count = ?6, "
                    + "first_passage = ?7, passage_count = ?8, checksum = ?9 WHERE id = ?1"
            )
            .Bind(1, id)
            .Bind(2, row.Kind)
            .BindBlob(3, key)
            .Bind(4, row.Bytes)
            .Bind(5, row.Modified.UtcTicks)
            .Bind(6, row.LineCount)
            .Bind(7, firstPassage)
            .Bind(8, row.PassageCount)
            .Bind(9, DocumentChecksum.Of(row))
            .Run();
    }

    /// <summary>Ids are never given twice, so that one found earlier cannot come to mean another passage.</summary>
    private long TakePassageIds(long? given, int count)
    {
        var next = database.Scalar("SELECT value FROM counters WHERE key = 'next_passage'") ?? 1;
        var first = given ?? next;
        database
            .Prepare("UPDATE counters SET value = ?1 WHERE key = 'next_passage'")
            .Bind(1, Math.Max(next, first + count))
            .Run();
        return first;
    }

    /// <summary>Takes the passages from a document: they go to one that shares them, or are removed.</summary>
    private void Release(StoredDocument document, string path)
    {
        if (_sharing.HeirOf(document.Id, document.Key, document.FirstPassage, document.PassageCount) is not { } heir)
        {
            RemovePassages(document, path);
        }
        else if (PassageSharing.HandOver(database, document.Id, heir))
        {
            _lexical.KeepPath(document.FirstPassage, path);
        }
    }

    private void RemovePassages(StoredDocument document, string path)
    {
        var last = document.FirstPassage + document.PassageCount - 1;
        _symbols.Remove(document.FirstPassage, document.PassageCount);
        _lexical.BeginRemoval(document.FirstPassage, path);
        using (
            var rows = database
                .Prepare("SELECT id, text, context FROM passages WHERE id BETWEEN ?1 AND ?2")
                .Bind(1, document.FirstPassage)
                .Bind(2, last)
        )
        {
            while (rows.Step())
            {
                _lexical.Remove(rows.Int64(0), rows.Text(1), rows.Text(2));
            }
        }

        database
            .Prepare("DELETE FROM passages WHERE id BETWEEN ?1 AND ?2")
            .Bind(1, document.FirstPassage)
            .Bind(2, last)
            .Run();
    }

    private sealed record StoredDocument(long Id, ContentKey Key, long FirstPassage, int PassageCount);
}
