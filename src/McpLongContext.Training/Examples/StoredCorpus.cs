using McpLongContext.Storage;

namespace McpLongContext.Training.Examples;

/// <summary>The documents of a datastore.</summary>
internal static class StoredCorpus
{
    /// <summary>Reads all documents, in the order of their paths.</summary>
    /// <param name="home">The folder of the datastores.</param>
    /// <param name="name">The datastore.</param>
    /// <exception cref="TrainingException">There is no such datastore, it is damaged, or nothing is in it.</exception>
    public static IReadOnlyList<string> Read(string home, string name)
    {
        try
        {
            using var datastore = new DatastoreHome(home).Open(name);
            using var snapshot = datastore.Snapshot();
            string[] texts =
            [
                .. snapshot
                    .Documents.All.OrderBy(document => document.Path, StringComparer.Ordinal)
                    .Select(snapshot.Passages.TextOf),
            ];
            return texts.Length > 0
                ? texts
                : throw new TrainingException($"--datastore {name}: there are no documents in it; ingest some.");
        }
        catch (DatastoreException e)
        {
            throw new TrainingException($"--datastore {name}: {e.Message}", e);
        }
    }
}
