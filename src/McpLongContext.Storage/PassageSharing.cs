using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// Passages that several documents share: files of equal content at the same place of several sources, which the
/// working trees of a repository are full of. The documents name the same passages, one of them owns their rows, and
/// what is indexed of them is there once. All of it happens inside the caller's transaction.
/// </summary>
internal sealed class PassageSharing(Database database)
{
    private readonly Utf8Buffer _text = new();
    private readonly Utf8Buffer _context = new();

    /// <summary>The first of the stored passages that a new document can share; <see langword="null"/>: none.</summary>
    /// <param name="document">The new document.</param>
    /// <param name="sources">The paths of the sources.</param>
    public long? FindEqual(NewDocument document, IReadOnlyList<string> sources)
    {
        if (document.Passages.Count == 0)
        {
            return null;
        }

        Span<byte> key = stackalloc byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        foreach (var (source, path) in Counterparts(document.Path, sources))
        {
            using var row = database
                .Prepare(
                    "SELECT first_passage FROM documents "
                        + "WHERE path = ?1 AND content_key = ?2 AND kind = ?3 AND passage_count = ?4"
                )
                .Bind(1, path)
                .BindBlob(2, key)
                .Bind(3, document.Kind)
                .Bind(4, document.Passages.Count);
            if (row.Step() && SourceOf(path, sources) == source && AreEqual(document.Passages, row.Int64(0)))
            {
                return row.Int64(0);
            }
        }

        return null;
    }

    /// <summary>The document stored first that shares the passages of one; <see langword="null"/>: none.</summary>
    public long? HeirOf(long document, ContentKey content, long firstPassage, int passages)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        content.CopyTo(key);
        using var row = database
            .Prepare(
                "SELECT id FROM documents WHERE content_key = ?1 AND first_passage = ?2 AND passage_count = ?3 "
                    + "AND passage_count > 0 AND id <> ?4 ORDER BY id LIMIT 1"
            )
            .BindBlob(1, key)
            .Bind(2, firstPassage)
            .Bind(3, passages)
            .Bind(4, document);
        return row.Step() ? row.Int64(0) : null;
    }

    /// <summary>Makes a document the owner of the passages of another; what is damaged stays so.</summary>
    /// <returns>Whether the other one owned any.</returns>
    public static bool HandOver(Database database, long from, long to)
    {
        var passages = new List<(long Id, uint Checksum)>();
        using (
            var rows = database
                .Prepare(
                    "SELECT id, document_id, start_line, end_line, text, context, checksum FROM passages "
                        + "WHERE document_id = ?1"
                )
                .Bind(1, from)
        )
        {
            while (rows.Step())
            {
                var isWhole = PassageChecksum.Of(rows) == rows.Int64(6);
                var checksum = PassageChecksum.Of(
                    rows.Int64(0),
                    to,
                    rows.Int32(2),
                    rows.Int32(3),
                    rows.Bytes(4),
                    rows.Bytes(5)
                );
                passages.Add((rows.Int64(0), isWhole ? checksum : ~checksum));
            }
        }

        foreach (var (id, checksum) in passages)
        {
            database
                .Prepare(
                    "UPDATE passages SET document_id = ?2, checksum = ?3 "
                        + "WHERE id = ?1 AND EXISTS (SELECT 1 FROM documents WHERE id = ?2)"
                )
                .Bind(1, id)
                .Bind(2, to)
                .Bind(3, checksum)
                .Run();
        }

        return passages.Count > 0;
    }

    /// <summary>
    /// The same place in the other sources; it may lie in an inner one, as working trees do. Within one source nothing
    /// is shared: there the path tells apart what is equal.
    /// </summary>
    private static IEnumerable<(string Source, string Path)> Counterparts(string path, IReadOnlyList<string> sources)
    {
        if (SourceOf(path, sources) is not { } source)
        {
            return [];
        }

        var relative = path[source.Length..].TrimStart(Path.DirectorySeparatorChar);
        return sources.Where(other => other != source).Select(other => (other, Path.Join(other, relative)));
    }

    /// <summary>The innermost source that a path lies in; <see langword="null"/>: none.</summary>
    private static string? SourceOf(string path, IReadOnlyList<string> sources) =>
        sources.Where(source => IsBeneath(path, source)).MaxBy(source => source.Length);

    private static bool IsBeneath(string path, string folder) =>
        path.Length > folder.Length
        && path.StartsWith(folder, StringComparison.Ordinal)
        && (path[folder.Length] == Path.DirectorySeparatorChar || Path.EndsInDirectorySeparator(folder));

    /// <summary>Whether the stored passages from an id on are whole, and what is to be stored.</summary>
    private bool AreEqual(IReadOnlyList<NewPassage> passages, long first)
    {
        var next = 0;
        using var rows = database
            .Prepare(
                "SELECT id, document_id, start_line, end_line, text, context, checksum FROM passages "
                    + "WHERE id BETWEEN ?1 AND ?2 ORDER BY id"
            )
            .Bind(1, first)
            .Bind(2, first + passages.Count - 1);
        for (; rows.Step(); next++)
        {
            var passage = passages[next];
            if (
                PassageChecksum.Of(rows) != rows.Int64(6)
                || (rows.Int32(2), rows.Int32(3)) != (passage.StartLine, passage.EndLine)
                || !rows.Bytes(4).SequenceEqual(_text.Encode(passage.Text))
                || !rows.Bytes(5).SequenceEqual(_context.Encode(passage.Context))
            )
            {
                return false;
            }
        }

        return next == passages.Count;
    }
}
