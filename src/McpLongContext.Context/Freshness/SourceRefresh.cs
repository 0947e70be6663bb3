using McpLongContext.Context.Datastores;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// Reads the files of a queue and stores what changed, a batch at a time, each durable before the next. Of several
/// processes one does so at a time, which holds the lease; the next one begins with what is stored then.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="queue">The files.</param>
/// <param name="gate">Held by whoever uses the state of the sources' files.</param>
internal sealed class SourceRefresh(Datastore datastore, RefreshQueue queue, Lock gate)
{
    /// <summary>Files of a batch.</summary>
    public const int BatchFiles = 64;

    /// <summary>Works until the queue is empty, alone among the processes of the datastore.</summary>
    /// <param name="compare">Compares the sources with the disk, as they are stored once the lease is held.</param>
    /// <param name="cancellation">Ends the work after the present batch.</param>
    public async Task RunAsync(Func<IReadOnlyList<KnownSource>> compare, CancellationToken cancellation)
    {
        // Until the lease is free, what its holder has stored stops to be stale here.
        using var lease = await DatastoreLock.AcquireAsync(
            datastore,
            DatastoreLock.Refresh,
            cancellation,
            () => compare()
        );
        var sources = compare();
        while (queue.Take(BatchFiles) is { Count: > 0 } batch)
        {
            await StoreAsync(batch, sources, cancellation);
        }

        KeepStructure(sources);
    }

    private async Task StoreAsync(
        IReadOnlyList<(string Path, SourceEntry? File)> batch,
        IReadOnlyList<KnownSource> sources,
        CancellationToken cancellation
    )
    {
        try
        {
            var (files, current, contents) = Stored(batch, sources);
            // A document that was removed on request meanwhile stays out; a file that no source has any more is gone next.
            var wanted = batch
                .Where(item => !files.Any(file => file.Path == item.Path && file.Role == FileRole.Removed))
                .Select(item => (item.Path, item.File, Indexer: IndexerOf(item.Path, sources)))
                .Where(item => item.File is null || item.Indexer is not null)
                .ToList();
            var reads = await Task.WhenAll(
                wanted
                    .Where(item => item.File is not null)
                    .Select(item =>
                        Task.Run(() => item.Indexer!.Read(item.File!, current, contents, cancellation), cancellation)
                    )
            );
            cancellation.ThrowIfCancellationRequested();
            Store([.. wanted.Where(item => item.File is null).Select(item => item.Path)], reads, sources, files);
        }
        finally
        {
            queue.Finish(batch.Select(item => item.Path));
        }
    }

    private void Store(
        IReadOnlyList<string> gone,
        IReadOnlyList<Indexer.Source> reads,
        IReadOnlyList<KnownSource> sources,
        IReadOnlyList<StoredFile> before
    )
    {
        List<NewDocument> put = [.. reads.Select(read => read.Document).OfType<NewDocument>()];
        List<string> refused = [.. reads.Where(read => !read.StaysStored).Select(read => read.Path)];
        List<string> removed = [.. gone, .. refused];
        SourceChange change;
        lock (gate)
        {
            change = new SourceChange
            {
                RemoveFiles =
                [
                    // One that came back meanwhile waits to be read again: with its old stamp it would count as stored.
                    .. gone.SelectMany(path => sources.Select(source => (source.Path, path))),
                    .. refused.SelectMany(path =>
                        sources.Where(source => !source.Files.ContainsKey(path)).Select(source => (source.Path, path))
                    ),
                ],
                Files = [.. reads.SelectMany(read => See(read, sources, before))],
            };
        }

        if (put.Count > 0 || removed.Count > 0)
        {
            datastore.Apply(
                new CatalogChange
                {
                    Put = put,
                    Remove = removed,
                    Sources = change,
                }
            );
        }
        else if (change.Files.Count > 0 || change.RemoveFiles.Count > 0)
        {
            datastore.ApplySources(change);
        }
    }

    /// <summary>Keeps the state in which a file was read; one that could not be is tried again later.</summary>
    private List<StoredFile> See(
        Indexer.Source read,
        IReadOnlyList<KnownSource> sources,
        IReadOnlyList<StoredFile> before
    )
    {
        var files = new List<StoredFile>();
        foreach (var source in sources)
        {
            if (!source.Files.TryGetValue(read.Path, out var known))
            {
                continue;
            }

            if (read is { Stamp.Exists: false, StaysStored: true })
            {
                queue.Fail(read.Path);
                if (before.Any(file => (file.Source, file.Path) == (source.Path, read.Path) && !file.Stamp.Exists))
                {
                    // Known already: it is tried again when its stamp changes, or what is stored.
                    continue;
                }
            }

            // What was left out for its size has been seen by the scan alone.
            var stamp = read.Stamp ?? known.Stamp;
            source.Set(read.Path, FileRole.Content, stamp);
            files.Add(new StoredFile(read.Path, source.Path, FileRole.Content, stamp));
        }

        return files;
    }

    /// <summary>
    /// Of some paths the stored files, and the contents of documents that this program has split; of all paths the
    /// contents.
    /// </summary>
    private (IReadOnlyList<StoredFile> Files, Dictionary<string, ContentKey> Current, StoredContents Contents) Stored(
        IReadOnlyList<(string Path, SourceEntry? File)> batch,
        IReadOnlyList<KnownSource> sources
    )
    {
        using var snapshot = datastore.Snapshot();
        var symbols = snapshot.Symbols.Current(SymbolScanner.Version);
        var current = new Dictionary<string, ContentKey>(StringComparer.Ordinal);
        var files = new List<StoredFile>();
        foreach (var (path, _) in batch)
        {
            files.AddRange(sources.Select(source => snapshot.SourceFile(source.Path, path)).OfType<StoredFile>());
            if (
                snapshot.Documents.TryFind(path, out var document)
                && (document.PassageCount == 0 || symbols.Contains(document.FirstPassage))
            )
            {
                current.Add(path, document.ContentKey);
            }
        }

        return (files, current, new StoredContents(datastore, snapshot.Documents));
    }

    /// <summary>The indexer of the source that a file was found in, which reads beneath that source's roots only.</summary>
    private Indexer? IndexerOf(string path, IReadOnlyList<KnownSource> sources)
    {
        lock (gate)
        {
            return sources.FirstOrDefault(source => source.Files.ContainsKey(path))?.Indexer;
        }
    }

    /// <summary>Records the directories as read, once all files are stored.</summary>
    private void KeepStructure(IReadOnlyList<KnownSource> sources)
    {
        using var snapshot = datastore.Snapshot();
        lock (gate)
        {
            if (queue.Emptied.IsCompleted)
            {
                KeepStructure(snapshot, sources);
            }
        }
    }

    private void KeepStructure(DatastoreSnapshot snapshot, IReadOnlyList<KnownSource> sources)
    {
        var stored = snapshot.SourceFiles().ToLookup(file => file.Source, StringComparer.Ordinal);
        List<StoredFile> changed = [];
        List<(string, string)> gone = [];
        foreach (var source in sources)
        {
            var before = stored[source.Path].ToDictionary(file => file.Path, StringComparer.Ordinal);
            changed.AddRange(
                source
                    .Files.Values.Where(file => file.Role == FileRole.Structure)
                    .Where(file => before.GetValueOrDefault(file.Path)?.Stamp != file.Stamp)
                    .Select(file => new StoredFile(file.Path, source.Path, FileRole.Structure, file.Stamp))
            );
            gone.AddRange(
                before.Keys.Where(path => !source.Files.ContainsKey(path)).Select(path => (source.Path, path))
            );
        }

        if (changed.Count > 0 || gone.Count > 0)
        {
            datastore.ApplySources(new SourceChange { Files = changed, RemoveFiles = gone });
        }
    }
}
