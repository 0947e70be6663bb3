using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Keys;

/// <summary>
/// The keys of one model in one published generation. Passages without keys are left out; so are those whose keys are
/// missing or damaged, which <see cref="Damage"/> names. Usable by several threads, until its snapshot is disposed.
/// </summary>
public sealed class KeyIndex
{
    private KeyIndex(EmbeddingProfile encoder, IReadOnlyList<KeyedDocument> documents, IReadOnlyList<string> damage)
    {
        Encoder = encoder;
        Documents = documents;
        Damage = damage;
        Tokens = documents.Sum(document => document.Blocks.Sum(block => (long)block.Tokens));
    }

    /// <summary>The decoder that made the keys.</summary>
    public EmbeddingProfile Encoder { get; }

    /// <summary>The documents that have keys, by path; equal contents once.</summary>
    public IReadOnlyList<KeyedDocument> Documents { get; }

    /// <summary>The number of tokens that have keys.</summary>
    public long Tokens { get; }

    /// <summary>The damage found, a sentence each.</summary>
    public IReadOnlyList<string> Damage { get; }

    internal static KeyIndex Load(
        Database database,
        long encoderId,
        EmbeddingProfile encoder,
        DocumentTable documents,
        IReadOnlyDictionary<long, SegmentReader> segments,
        IEnumerable<string> damage
    )
    {
        var found = new List<string>(damage);
        var blocks = new Dictionary<ContentKey, List<StoredKeys>>();
        using var rows = database
            .Prepare(
                "SELECT content_key, first_ordinal, passage_count, segment_id, first_slot FROM states "
                    + "WHERE encoder_id = ?1 ORDER BY content_key, first_ordinal"
            )
            .Bind(1, encoderId);
        while (rows.Step())
        {
            var run = new SegmentRun(ContentKey.Stored(rows.Bytes(0)), rows.Int32(1), rows.Int32(2), rows.Int32(4));
            if (segments.GetValueOrDefault(rows.Int64(3)) is not KeySegment segment)
            {
                continue;
            }

            if (!segment.Holds(run))
            {
                found.Add($"The segment '{segment.Path}' does not hold the keys that the catalog expects in it.");
                continue;
            }

            blocks.TryAdd(run.Content, []);
            blocks[run.Content].Add(new StoredKeys(segment, run.FirstSlot, run.FirstOrdinal, run.Passages));
        }

        var keyed = new List<KeyedDocument>();
        foreach (var document in documents.All)
        {
            if (blocks.Remove(document.ContentKey, out var of))
            {
                keyed.Add(new KeyedDocument(document, of.FindAll(block => block.Tokens > 0)));
            }
        }

        return new KeyIndex(encoder, keyed, found);
    }
}
