using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>Consecutive passages of a content.</summary>
/// <param name="First">The first one, counted from 0 within the content.</param>
/// <param name="Count">How many.</param>
public readonly record struct OrdinalRun(int First, int Count);

/// <summary>A content some of whose passages have no embeddings yet.</summary>
/// <param name="Document">One of the documents with this content.</param>
public sealed record PendingContent(Document Document)
{
    /// <summary>Lists what is pending for an encoder, in the order in which the documents were stored.</summary>
    internal static IReadOnlyList<PendingContent> List(Database database, string encoder, DocumentTable documents)
    {
        var pending = new List<PendingContent>();
        using var rows = database
            .Prepare(
                """
                SELECT min(d.first_passage), d.passage_count, coalesce(
                  (SELECT sum(s.passage_count) FROM states s JOIN encoders e ON e.id = s.encoder_id
                   WHERE e.key = ?1 AND s.content_key = d.content_key), 0) AS encoded
                FROM documents d WHERE d.passage_count > 0
                GROUP BY d.content_key HAVING encoded < d.passage_count
                ORDER BY min(d.id)
                """
            )
            .Bind(1, encoder);
        while (rows.Step())
        {
            if (documents.TryFindByPassage(rows.Int64(0), out var document))
            {
                pending.Add(new PendingContent(document));
            }
        }

        return pending;
    }

    /// <summary>The passages of a document that have no embeddings of an encoder.</summary>
    internal static IReadOnlyList<OrdinalRun> Missing(Database database, string encoder, Document document)
    {
        var missing = new List<OrdinalRun>();
        Span<byte> key = stackalloc byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        var next = 0;
        using var rows = database
            .Prepare(
                "SELECT s.first_ordinal, s.passage_count FROM states s JOIN encoders e ON e.id = s.encoder_id "
                    + "WHERE e.key = ?1 AND s.content_key = ?2 ORDER BY s.first_ordinal"
            )
            .Bind(1, encoder)
            .BindBlob(2, key);
        while (rows.Step())
        {
            Add(rows.Int32(0));
            next = rows.Int32(0) + rows.Int32(1);
        }

        Add(document.PassageCount);
        return missing;

        void Add(int end)
        {
            if (next < end)
            {
                missing.Add(new OrdinalRun(next, end - next));
            }
        }
    }
}
