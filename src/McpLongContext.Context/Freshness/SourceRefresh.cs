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
/// <param name="indexer">Reads the files.</param>
/// <param name="queue">The files.</param>
/// <param name="seeing">Held by whoever uses the state of the sources' files.</param>
internal sealed class SourceRefresh(Datastore datastore, Indexer indexer, RefreshQueue queue, Lock seeing)
{
    /// <summary>Files of a batch.</summary>
    public const int BatchFiles = 64;

    private const string LeaseFile = "refresh.lock";

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    /// <summary>Works until the queue is empty, alone among the processes of the datastore.</summary>
    /// <param name="compare">Compares the sources with the disk, as they are stored once the lease is held.</param>
    /// <param name="cancellation">Ends the work after the present batch.</param>
    public async Task RunAsync(Func<IReadOnlyList<KnownSource>> compare, CancellationToken cancellation)
    {
        using var lease = await TakeLeaseAsync(cancellation);
        var sources = compare();
        while (queue.Take(BatchFiles) is { Count: > 0 } batch)
        {
            await StoreAsync(batch, sources, cancellation);
        }

        KeepStructure(sources);
    }

    /// <summary>Waits for the lease, which the system frees when its holder dies.</summary>
    private async Task<FileStream> TakeLeaseAsync(CancellationToken cancellation)
    {
        while (true)
        {
            datastore.ThrowIfRemoved();
            try
            {
                return new FileStream(
                    Path.Combine(datastore.Folder, LeaseFile),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None
                );
            }
            catch (IOException) when (Directory.Exists(datastore.Folder))
            {
                await Task.Delay(s_retry, cancellation);
            }
        }
    }

    private async Task StoreAsync(
        IReadOnlyList<(string Path, SourceEntry? File)> batch,
        IReadOnlyList<KnownSource> sources,
        CancellationToken cancellation
    )
    {
        try
        {
            var current = Current(batch.Select(item => item.Path));
            var reads = await Task.WhenAll(
                batch
                    .Where(item => item.File is not null)
                    .Select(item => Task.Run(() => indexer.Read(item.File!, current, cancellation), cancellation))
            );
            cancellation.ThrowIfCancellationRequested();
            Store(batch, reads, sources);
        }
        finally
        {
            queue.Finish(batch.Select(item => item.Path));
        }
    }

    private void Store(
        IReadOnlyList<(string Path, SourceEntry? File)> batch,
        IReadOnlyList<Indexer.Source> reads,
        IReadOnlyList<KnownSource> sources
    )
    {
        List<NewDocument> put = [.. reads.Select(read => read.Document).OfType<NewDocument>()];
        List<string> gone = [.. batch.Where(item => item.File is null).Select(item => item.Path)];
        List<string> refused = [.. reads.Where(read => !read.StaysStored).Select(read => read.Path)];
        List<string> removed = [.. gone, .. refused];
        SourceChange change;
        lock (seeing)
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
                Files = [.. reads.SelectMany(read => See(read, sources))],
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
        else
        {
            datastore.ApplySources(change);
        }
    }

    /// <summary>Keeps the state in which a file was read; one that could not be is tried again later.</summary>
    private List<StoredFile> See(Indexer.Source read, IReadOnlyList<KnownSource> sources)
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
            }

            // What was left out for its size has been seen by the scan alone.
            var stamp = read.Stamp ?? known.Stamp;
            source.Set(read.Path, FileRole.Content, stamp);
            files.Add(new StoredFile(read.Path, source.Path, FileRole.Content, stamp));
        }

        return files;
    }

    /// <summary>The contents of stored documents that this program has split, of some paths.</summary>
    private Dictionary<string, ContentKey> Current(IEnumerable<string> paths)
    {
        using var snapshot = datastore.Snapshot();
        var symbols = snapshot.Symbols.Current(SymbolScanner.Version);
        var current = new Dictionary<string, ContentKey>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (
                snapshot.Documents.TryFind(path, out var document)
                && (document.PassageCount == 0 || symbols.Contains(document.FirstPassage))
            )
            {
                current.Add(path, document.ContentKey);
            }
        }

        return current;
    }

    /// <summary>Records the directories as read, once all files are stored.</summary>
    private void KeepStructure(IReadOnlyList<KnownSource> sources)
    {
        using var snapshot = datastore.Snapshot();
        lock (seeing)
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
