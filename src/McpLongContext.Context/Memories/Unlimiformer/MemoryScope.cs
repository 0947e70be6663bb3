using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>What a decoder has in memory of some documents.</summary>
/// <param name="Keys">What its retrieval attention needs; <see langword="null"/> while nobody has looked for its heads.</param>
/// <param name="Documents">The documents that have keys; equal contents once.</param>
/// <param name="PendingDocuments">The documents that lack some.</param>
internal sealed record MemoryScope(DecoderKeys? Keys, IReadOnlyList<KeyedDocument> Documents, int PendingDocuments)
{
    /// <summary>The tokens in memory.</summary>
    public long Tokens => Documents.Sum(document => document.Blocks.Sum(block => (long)block.Tokens));

    /// <summary>What there is of documents.</summary>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="keys">What the decoder's retrieval attention needs, if it is known.</param>
    public static MemoryScope Of(DatastoreSnapshot snapshot, IReadOnlyList<Document> documents, DecoderKeys? keys)
    {
        if (keys is null)
        {
            return new MemoryScope(null, [], documents.Count(document => document.PassageCount > 0));
        }

        var wanted = documents.Select(document => document.ContentKey).ToHashSet();
        var pending = snapshot.Pending(keys.Profile.Key).Select(one => one.Document.ContentKey).ToHashSet();
        return new MemoryScope(
            keys,
            [
                .. snapshot
                    .Keys(keys.Profile.Key)
                    ?.Documents.Where(document => wanted.Contains(document.Document.ContentKey))
                    ?? [],
            ],
            documents.Count(document => pending.Contains(document.ContentKey))
        );
    }
}
