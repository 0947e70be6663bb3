using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// The documents of a datastore that lack token embeddings of an encoder; without an encoder, all of them.
/// </summary>
internal static class PendingDocuments
{
    /// <summary>The contents of the pending documents.</summary>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="encoder">The encoder's key; <see langword="null"/> when none is installed.</param>
    public static HashSet<ContentKey> Contents(DatastoreSnapshot snapshot, string? encoder) =>
        encoder is null
            ? [.. snapshot.Documents.All.Select(document => document.ContentKey)]
            : [.. snapshot.Pending(encoder).Select(pending => pending.Document.ContentKey)];

    /// <summary>The number of pending documents.</summary>
    /// <inheritdoc cref="Contents"/>
    public static int Count(DatastoreSnapshot snapshot, string? encoder)
    {
        var contents = Contents(snapshot, encoder);
        return snapshot.Documents.All.Count(document => contents.Contains(document.ContentKey));
    }

    /// <summary>The number of pending documents at this moment.</summary>
    public static int Count(Datastore datastore, string? encoder)
    {
        using var snapshot = datastore.Snapshot();
        return Count(snapshot, encoder);
    }
}
