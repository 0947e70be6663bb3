using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Maintenance;

/// <summary>How much a datastore holds and what it takes on disk.</summary>
/// <param name="Documents">Documents.</param>
/// <param name="Passages">Passages of all documents, shared ones once.</param>
/// <param name="SourceBytes">Bytes of the sources.</param>
/// <param name="DatabaseBytes">Bytes of the database: catalog, texts and the lexical index.</param>
/// <param name="LexicalBytes">Bytes of the lexical index, a part of the database.</param>
/// <param name="Encoders">The embeddings and keys by encoder.</param>
public sealed record DatastoreStatistics(
    int Documents,
    long Passages,
    long SourceBytes,
    long DatabaseBytes,
    long LexicalBytes,
    IReadOnlyList<EncoderStatistics> Encoders
)
{
    internal static DatastoreStatistics Of(Database database, DocumentTable documents)
    {
        var encoders = new List<EncoderStatistics>();
        using var rows = database.Prepare(
            """
            SELECT e.key, e.precision, count(*), sum(s.passages), sum(s.tokens), sum(s.bytes)
            FROM segments s JOIN encoders e ON e.id = s.encoder_id GROUP BY e.id ORDER BY e.key
            """
        );
        while (rows.Step())
        {
            encoders.Add(
                new EncoderStatistics(
                    rows.Text(0),
                    (EmbeddingPrecision)rows.Int32(1),
                    rows.Int32(2),
                    rows.Int64(3),
                    rows.Int64(4),
                    rows.Int64(5)
                )
            );
        }

        var pages = database.Scalar("PRAGMA page_count") ?? 0;
        return new DatastoreStatistics(
            documents.All.Count,
            documents.PassageCount,
            documents.All.Sum(document => document.Bytes),
            pages * (database.Scalar("PRAGMA page_size") ?? 0),
            database.Scalar("SELECT coalesce(sum(length(block)), 0) FROM lexical_data") ?? 0,
            encoders
        );
    }
}

/// <summary>
/// The stored embeddings or keys of one encoder, those of removed contents included until the next compaction.
/// </summary>
/// <param name="Encoder">The encoder's key.</param>
/// <param name="Precision">The representation of a token.</param>
/// <param name="Segments">Embedding segments.</param>
/// <param name="Passages">Passages with embeddings.</param>
/// <param name="Tokens">Token embeddings.</param>
/// <param name="Bytes">Bytes of the segment files.</param>
public sealed record EncoderStatistics(
    string Encoder,
    EmbeddingPrecision Precision,
    int Segments,
    long Passages,
    long Tokens,
    long Bytes
)
{
    /// <summary>Bytes that a token costs, everything in the files included.</summary>
    public double BytesPerToken => Tokens == 0 ? 0 : (double)Bytes / Tokens;
}
