using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// Reads the files of a queue and stores what changed, a batch at a time, each durable before the next. Of several
/// processes one does so, which holds the lease; the others read only what their own queries need at once.
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

    /// <summary>The version of the stored sources that the queue was compared with.</summary>
    private long _version = -1;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(200);

    /// <summary>Works until the queue is empty.</summary>
    public async Task RunAsync(IReadOnlyList<KnownSource> sources, CancellationToken cancellation)
    {
        FileStream? lease = null;
        try
        {
            while (!queue.Emptied.IsCompleted)
            {
                if (lease is null)
                {
                    lease = TryTakeLease();
                    DropStored(sources);
                }

                // A few files are read sooner than waited for.
                var isMine = lease is not null || queue.Count <= BatchFiles;
                if (queue.Take(BatchFiles, onlyFirst: !isMine) is { Count: > 0 } batch)
                {
                    await StoreAsync(batch, sources, cancellation);
                }
                else if (!isMine)
                {
                    await Task.Delay(s_retry, cancellation);
                }
            }

            KeepStructure(sources);
        }
        finally
        {
            lease?.Dispose();
        }
    }

    /// <summary>The system frees the lease when its holder dies.</summary>
    private FileStream? TryTakeLease()
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
            return null;
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
        List<string> removed =
        [
            .. batch.Where(item => item.File is null).Select(item => item.Path),
            .. reads.Where(read => !read.StaysStored).Select(read => read.Path),
        ];
        SourceChange change;
        lock (seeing)
        {
            change = new SourceChange
            {
                RemoveFiles =
                [
                    .. removed.SelectMany(path =>
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

    /// <summary>Drops from the queue what another process has stored meanwhile.</summary>
    private void DropStored(IReadOnlyList<KnownSource> sources)
    {
        using var snapshot = datastore.Snapshot();
        if (snapshot.SourceVersion == _version)
        {
            return;
        }

        _version = snapshot.SourceVersion;
        lock (seeing)
        {
            foreach (var (path, isGone) in queue.Stale())
            {
                if (isGone ? !snapshot.Documents.TryFind(path, out _) : IsStored(path))
                {
                    queue.Drop(path);
                }
            }
        }

        bool IsStored(string path) =>
            sources.All(source =>
                !source.Files.TryGetValue(path, out var known) || snapshot.SourceStamp(source.Path, path) == known.Stamp
            );
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
