using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.States;

/// <summary>A content some of whose passages have no states yet.</summary>
/// <param name="Document">One of the documents with this content.</param>
/// <param name="EncodedPassages">How many of its passages have states.</param>
public sealed record PendingContent(Document Document, int EncodedPassages)
{
    /// <summary>Lists what is pending for an encoder, in the order in which the documents were stored.</summary>
    internal static IReadOnlyList<PendingContent> List(Database database, string encoder, DocumentTable documents)
    {
        var pending = new List<PendingContent>();
        using Statement rows = database
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
            if (documents.TryFindByPassage(rows.Int64(0), out Document? document))
            {
                pending.Add(new PendingContent(document, rows.Int32(2)));
            }
        }

        return pending;
    }
}
