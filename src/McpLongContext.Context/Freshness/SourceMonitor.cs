using McpLongContext.Context.Contracts;
using McpLongContext.Context.Files;
using McpLongContext.Context.Freshness.Git;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using McpLongContext.Storage.Sources;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// Compares the sources of a datastore with the disk and reads again what differs. The comparison looks at size, time
/// and identity alone; only where something differs a source is scanned, and only what differs is read.
/// </summary>
internal sealed class SourceMonitor : IAsyncDisposable
{
    /// <summary>How long a query waits for the files that it needs: on a busy machine reading takes its time.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly Datastore _datastore;
    private readonly AllowedRoots _roots;
    private readonly Func<AllowedRoots, Indexer> _index;
    private readonly Indexer _indexer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly RefreshQueue _queue = new();
    private readonly SourceRefresh _refresh;
    private List<KnownSource> _sources = [];
    private long _version = -1;
    private Task _work = Task.CompletedTask;
    private bool _isWorking;

    public SourceMonitor(
        Datastore datastore,
        AllowedRoots roots,
        Func<AllowedRoots, Indexer> index,
        GitTrees trees,
        TimeProvider time,
        ILogger logger
    )
    {
        (_datastore, _roots, _index, Trees, _time, _logger) = (datastore, roots, index, trees, time, logger);
        _indexer = index(roots);
        _refresh = new SourceRefresh(datastore, _queue, _gate);
    }

    public Datastore Datastore => _datastore;

    /// <summary>The Git trees of the sources.</summary>
    public GitTrees Trees { get; }

    /// <summary>The number of files that differ and are pending.</summary>
    public int StaleCount => _queue.Stale().Count;

    /// <summary>Whether a source is watched, read to its end or not.</summary>
    public bool IsWatched
    {
        get
        {
            using var snapshot = _datastore.Snapshot();
            return snapshot.Sources().Any(source => source.IsWatched);
        }
    }

    /// <summary>The paths of the sources that are watched and may be read.</summary>
    public IReadOnlyList<string> WatchedPaths()
    {
        using var snapshot = _datastore.Snapshot();
        return
        [
            .. snapshot
                .Sources()
                .Where(source => source is { IsWatched: true, IsComplete: true })
                .Select(source => source.Path)
                .Where(_roots.Contains),
        ];
    }

    /// <summary>Compares the sources with the disk; what differs waits to be read.</summary>
    public Task<Comparison> CompareAsync(CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                lock (_gate)
                {
                    return Compare(cancellation);
                }
            },
            cancellation
        );

    /// <summary>
    /// Reads what waits, and waits for it as long as the budget allows; for the files that a query needs, a few times
    /// as long: for all where they are few, else for those that seem relevant.
    /// </summary>
    /// <param name="query">The query; <see langword="null"/>: any order will do.</param>
    /// <param name="budget">How long to wait; <see langword="null"/> waits for everything.</param>
    /// <param name="cancellation">Ends the waiting, not the reading.</param>
    /// <returns>The paths that are still stale, and whether each is gone.</returns>
    public async Task<IReadOnlyDictionary<string, bool>> RefreshAsync(
        string? query,
        TimeSpan? budget,
        CancellationToken cancellation
    )
    {
        if (_queue.Emptied.IsCompleted)
        {
            return _queue.Stale();
        }

        var start = _time.GetTimestamp();
        IReadOnlyList<string> needed = query is null ? [] : [.. _queue.Stale().Keys];
        if (query is not null && _queue.Waiting() is { Count: > SourceRefresh.BatchFiles } waiting)
        {
            var relevant = new RelevantFiles(_roots, query, _time);
            var ranked = await Task.Run(() => relevant.Rank(waiting, cancellation), cancellation);
            _queue.Prioritize(ranked);
            needed = [.. ranked.Take(SourceRefresh.BatchFiles)];
        }

        // What failed stays stale; the next comparison begins with what is stored.
        var done = Task.WhenAny(_queue.Emptied, Start());
        if (budget is { } limit)
        {
            await Task.WhenAny(done, Task.Delay(limit, _time, cancellation));
        }
        else
        {
            await done.WaitAsync(cancellation);
        }

        while (!done.IsCompleted && _time.GetElapsedTime(start) < s_longest && _queue.IsStale(needed))
        {
            await Task.Delay(s_look, _time, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        return _queue.Stale();
    }

    /// <summary>Stops the reading; what is stored stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>
    /// Compares with what is stored; while files are being read, with what this process has seen of them.
    /// </summary>
    private Comparison Compare(CancellationToken cancellation) =>
        !_isWorking && TryLoad() ? FindAnew(cancellation) : Find(cancellation);

    /// <summary>Where another process has stored meanwhile, compares again with what is stored now.</summary>
    /// <returns>The sources as this process sees them from now on.</returns>
    private IReadOnlyList<KnownSource> CompareStored()
    {
        lock (_gate)
        {
            if (TryLoad())
            {
                FindAnew(_stopping.Token);
            }

            return _sources;
        }
    }

    /// <summary>Whoever loads what is stored begins the queue anew: older entries could undo it.</summary>
    private Comparison FindAnew(CancellationToken cancellation)
    {
        try
        {
            return _queue.Replace(() => Find(cancellation));
        }
        catch
        {
            // A queue that was filled in part is none: the next comparison loads again.
            _version = -1;
            throw;
        }
    }

    private Comparison Find(CancellationToken cancellation)
    {
        var missing = new List<KnownSource>();
        var hidden = new List<KnownSource>();
        foreach (var source in _sources)
        {
            if (!_roots.Contains(source.Path))
            {
                hidden.Add(source);
            }
            else if (!FileStatus.Of(source.Path).Exists)
            {
                missing.Add(source);
            }
            else if (source.IsChanged(cancellation))
            {
                try
                {
                    new SourceScan(source, _queue, _sources).Run(source.Indexer.Scanner, cancellation);
                }
                catch (Exception e) when (e is ContextException or IOException or UnauthorizedAccessException)
                {
                    // It vanished, or leads elsewhere by now.
                    missing.Add(source);
                }
            }
        }

        return new Comparison(
            [.. _sources.Select(source => (source.Path, source.Contents))],
            [.. missing.Select(source => (source.Path, source.Contents))],
            [.. hidden.Select(source => source.Path)]
        );
    }

    /// <summary>Loads the sources as they are stored, unless that is what was loaded last.</summary>
    private bool TryLoad()
    {
        using var snapshot = _datastore.Snapshot();
        var version = snapshot.SourceVersion;
        if (version == _version)
        {
            return false;
        }

        List<KnownSource> sources =
        [
            .. snapshot
                .Sources()
                .Where(source => source.IsComplete)
                .Select(source => new KnownSource(source, IndexerOf(source))),
        ];
        var byPath = sources.ToDictionary(source => source.Path, StringComparer.Ordinal);
        foreach (var file in snapshot.SourceFiles())
        {
            if (byPath.TryGetValue(file.Source, out var source))
            {
                source.Set(file.Path, file.Role, file.Stamp);
            }
        }

        (_sources, _version) = (sources, version);
        return true;
    }

    private Indexer IndexerOf(StoredSource source) =>
        source.Roots.Count == 0 ? _indexer : _index(_roots.NarrowExisting(source.Roots));

    /// <summary>Works on the queue, if nobody does.</summary>
    private Task Start()
    {
        lock (_gate)
        {
            if (!_isWorking && !_stopping.IsCancellationRequested)
            {
                _isWorking = true;
                _work = Task.Run(WorkAsync, CancellationToken.None);
            }

            return _work;
        }
    }

    private async Task WorkAsync()
    {
        for (var goesOn = true; goesOn; )
        {
            var isDone = await TryWorkAsync();
            lock (_gate)
            {
                if (!isDone)
                {
                    // What was taken may not be stored: the next comparison begins with what is.
                    _version = -1;
                }

                goesOn = _isWorking = isDone && !_queue.Emptied.IsCompleted;
            }
        }
    }

    private async Task<bool> TryWorkAsync()
    {
        try
        {
            await _refresh.RunAsync(CompareStored, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
#pragma warning disable CA1031 // Whatever it is, the next query begins anew.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _logger.LogWarning(error, "Changed files of {Datastore} could not be stored", _datastore.Name);
            return false;
        }
    }
}

/// <summary>The outcome of a comparison with the disk.</summary>
/// <param name="Sources">All sources with the stamps of their files.</param>
/// <param name="Missing">Those at whose paths nothing exists.</param>
/// <param name="Hidden">Those outside the allowed roots, which were not looked at.</param>
internal sealed record Comparison(
    IReadOnlyList<(string Path, IReadOnlyDictionary<string, FileStamp> Files)> Sources,
    IReadOnlyList<(string Path, IReadOnlyDictionary<string, FileStamp> Files)> Missing,
    IReadOnlyList<string> Hidden
);
