using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Encoders;

/// <summary>Consecutive passages of a document that are encoded together.</summary>
/// <param name="Document">The document.</param>
/// <param name="Passages">The passages, one at least.</param>
internal sealed record PassageRun(StoredDocument Document, IReadOnlyList<Passage> Passages)
{
    /// <summary>The first passage, counted from 0 within the document.</summary>
    public int FirstOrdinal => (int)(Passages[0].Id - Document.FirstPassage);

    /// <summary>
    /// The passages of a content that an encoder has nothing of, in runs; none when it has changed meanwhile.
    /// </summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="encoder">The encoder's key.</param>
    /// <param name="content">The content.</param>
    /// <param name="characters">A run ends after so many, with its passage.</param>
    public static IEnumerable<PassageRun> Missing(
        Datastore datastore,
        string encoder,
        PendingContent content,
        int characters
    )
    {
        StoredDocument? document;
        Dictionary<int, Passage> passages;
        using (var snapshot = datastore.Snapshot())
        {
            if (
                !snapshot.Documents.TryFind(content.Document.Path, out document)
                || document.ContentKey != content.Document.ContentKey
            )
            {
                yield break;
            }

            // What is damaged waits for a repair; the rest need not.
            passages = snapshot
                .Missing(encoder, document)
                .SelectMany(missing =>
                    snapshot.Passages.WholeBetween(
                        document.FirstPassage + missing.First,
                        document.FirstPassage + missing.First + missing.Count - 1
                    )
                )
                .ToDictionary(passage => (int)(passage.Id - document.FirstPassage));
        }

        var run = new List<Passage>();
        var length = 0;
        for (var ordinal = 0; ordinal <= document.PassageCount; ordinal++)
        {
            var passage = passages.GetValueOrDefault(ordinal);
            if (run.Count > 0 && (passage is null || length >= characters))
            {
                yield return new PassageRun(document, run);
                (run, length) = ([], 0);
            }

            if (passage is not null)
            {
                run.Add(passage);
                length += passage.Text.Length;
            }
        }
    }
}
