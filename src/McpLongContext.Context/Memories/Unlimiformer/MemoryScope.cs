using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>The part of some documents that a decoder's token memory holds.</summary>
/// <param name="Keys">The requirements of its retrieval attention; <see langword="null"/> while nobody has looked for
/// its heads.</param>
/// <param name="Documents">The documents that have keys; equal contents once.</param>
/// <param name="PendingDocuments">The documents that lack some.</param>
internal sealed record MemoryScope(DecoderKeys? Keys, IReadOnlyList<KeyedDocument> Documents, int PendingDocuments)
{
    /// <summary>The tokens in the token memory.</summary>
    public long Tokens => Documents.Sum(document => document.Blocks.Sum(block => (long)block.Tokens));

    /// <summary>The stored part of the documents.</summary>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="keys">The requirements of the decoder's retrieval attention, if known.</param>
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
