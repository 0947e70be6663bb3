using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.History;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// Brings stored histories up to date before a question about them: one that is current costs the reading of
/// <c>HEAD</c> and of the repository's configuration.
/// </summary>
internal sealed class HistoryKeeper(
    DatastoreRegistry datastores,
    AllowedRoots roots,
    DocumentPaths paths,
    LongContextOptions options,
    TimeProvider time
) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Reads the commits that are new since the ingest, or the last question.</summary>
    /// <returns>Notes for the user, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> EnsureAsync(string name, CancellationToken cancellation)
    {
        if (!options.History)
        {
            return [];
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => Ensure(name, cancellation), cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private List<string> Ensure(string name, CancellationToken cancellation)
    {
        var datastore = datastores.Open(name);
        IReadOnlyList<CommitSource> histories;
        Dictionary<string, StoredSource> sources;
        using (var snapshot = datastore.Snapshot())
        {
            histories = snapshot.Commits.Sources();
            sources = snapshot.Sources().ToDictionary(source => source.Path, StringComparer.Ordinal);
        }

        var indexer = new HistoryIndexer(paths, time);
        var notes = new List<string>();
        var start = time.GetTimestamp();
        foreach (var history in histories)
        {
            var bounds = HistoryBounds.OfQuestion with
            {
                Time = HistoryBounds.OfQuestion.Time - time.GetElapsedTime(start),
            };
            if (
                bounds.Time > TimeSpan.Zero
                && sources.TryGetValue(history.Path, out var source)
                && RootsOf(history, source) is var readable
                && GitRepository.RootOf(history.Path, readable) == history.Root
            )
            {
                notes.AddRange(Update(history, readable, bounds));
            }
        }

        return notes;

        // What is stored of a history answers, too.
        IReadOnlyList<string> Update(CommitSource history, AllowedRoots readable, HistoryBounds bounds)
        {
            try
            {
                return indexer.Update(datastore, history.Path, readable, bounds, cancellation);
            }
            catch (DatastoreException e)
            {
                return [$"The history of {paths.Show(history.Root)} was not brought up to date: {e.Message}"];
            }
        }
    }

    /// <summary>The roots of the source; for commands, the tree that a person has named before is one, too.</summary>
    private AllowedRoots RootsOf(CommitSource history, StoredSource source)
    {
        var readable =
            options.ReadsAllSources && Directory.Exists(history.Root)
                ? new AllowedRoots([.. roots.Roots, history.Root])
                : roots;
        return source.Roots.Count == 0 ? readable : readable.NarrowExisting(source.Roots);
    }
}
