using System.Collections.Concurrent;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Freshness.Git;
using McpLongContext.Context.Freshness.Watching;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Storage;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Context.Freshness;

/// <summary>Brings datastores up to date with the disk before they are asked.</summary>
internal sealed class FreshnessKeeper(
    DatastoreRegistry datastores,
    AllowedRoots roots,
    DocumentPaths paths,
    JobRegistry jobs,
    BackgroundEncoding background,
    LongContextOptions options,
    TimeProvider time,
    ILogger<FreshnessKeeper> logger
) : ISourceWatcher, IAsyncDisposable
{
    /// <summary>The time that a query waits for changed files; what is not read by then is left out of it.</summary>
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(1);

    private const int NamedStale = 20;

    private readonly ConcurrentDictionary<string, SourceMonitor> _monitors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (SourceWatch Watch, Task Work)> _watches = new(
        StringComparer.Ordinal
    );
    private readonly CancellationTokenSource _stopping = new();
    private bool _disposed;
    private readonly Lock _gate = new();

    /// <summary>
    /// Compares the sources of a datastore with the disk and reads changed files again, those that the query needs
    /// first.
    /// </summary>
    /// <param name="name">The datastore.</param>
    /// <param name="query">The query; <see langword="null"/>: any order will do.</param>
    /// <param name="differs">Called as soon as a file is known to differ from what is stored.</param>
    /// <param name="cancellation">Ends the waiting, not the reading.</param>
    public async Task<FreshnessCheck> EnsureAsync(
        string name,
        string? query,
        Action? differs,
        CancellationToken cancellation
    )
    {
        if (jobs.FindIndexing(name) is not null)
        {
            return FreshnessCheck.None;
        }

        if (options.ResumeEncoding)
        {
            Watch(name);
        }

        var start = time.GetTimestamp();
        var monitor = MonitorOf(datastores.Open(name));
        var comparison = await monitor.CompareAsync(cancellation);
        if (comparison.Sources.Count == 0)
        {
            return FreshnessCheck.None;
        }

        // Read while the search runs.
        var git = Task.Run(() => monitor.Trees.Read(comparison.Sources, cancellation), cancellation);
        var before = monitor.StaleCount;
        if (before > 0 || comparison.Missing.Count > 0)
        {
            differs?.Invoke();
        }

        var unread = await monitor.RefreshAsync(query, s_budget, cancellation);
        var stale = unread.Keys.ToHashSet(StringComparer.Ordinal);
        stale.UnionWith(comparison.Missing.SelectMany(source => source.Files.Keys));
        string[] changed =
        [
            .. unread.Where(item => !item.Value).Select(item => item.Key).Order(StringComparer.Ordinal),
        ];
        var freshness = new FreshnessReport
        {
            Fresh = changed.Length == 0 && comparison.Missing.Count == 0 && comparison.Hidden.Count == 0,
            Stale = [.. changed.Take(NamedStale).Select(paths.Show)],
            StaleCount = changed.Length,
            Missing = [.. comparison.Missing.Select(source => paths.Show(source.Path))],
            Unchecked = [.. comparison.Hidden.Select(paths.Show)],
            Refreshed = Math.Max(0, before - unread.Count),
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
        };
        return new FreshnessCheck(freshness, stale, git);
    }

    /// <inheritdoc/>
    public void Watch(string name) => Watch(name, told: null);

    /// <summary>Follows the watched sources of a datastore, if it has any, for as long as this process lives.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="told">Told about every change that is searchable.</param>
    public void Watch(string name, Action<WatchReport>? told)
    {
        lock (_gate)
        {
            if (
                _stopping.IsCancellationRequested
                || (_watches.TryGetValue(name, out var known) && !known.Work.IsCompleted)
            )
            {
                return;
            }

            var monitor = MonitorOf(datastores.Open(name));
            if (!monitor.IsWatched)
            {
                return;
            }

            var watch = new SourceWatch(monitor, () => jobs.FindIndexing(name) is not null, RefreshedAsync, time);
            _watches[name] = (watch, Task.Run(() => RunAsync(watch, name), CancellationToken.None));
        }

        async Task RefreshedAsync(WatchReport report, CancellationToken cancellation)
        {
            logger.LogInformation(
                "{Datastore}: {Files} changed files read again in {Seconds:F2} s",
                report.Datastore,
                report.Files,
                report.Seconds
            );
            told?.Invoke(report);
            await background.ResumeAsync(name, cancellation);
        }
    }

    /// <summary>A sentence where the changes of watched sources are found by scanning alone.</summary>
    public string? WatchNote(string name) =>
        _watches.TryGetValue(name, out var known) && known.Watch.Failure is { } failure
            ? $"Watched sources are scanned twice a second, because the system's watcher failed: {failure}"
            : null;

    /// <summary>Stops all reading; what is stored stays. A second call does nothing: services may know it twice.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _stopping.Cancel();
        }

        await Task.WhenAll(_watches.Values.Select(watch => watch.Work));
        foreach (var monitor in _monitors.Values)
        {
            await monitor.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task RunAsync(SourceWatch watch, string name)
    {
        try
        {
            await watch.RunAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        catch (Exception error)
            when (error
                    is DatastoreException
                        or ObjectDisposedException
                        or ContextException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            // The next query begins anew; until then queries compare by themselves.
            logger.LogWarning(error, "Watching {Datastore} ended", name);
        }
    }

    private SourceMonitor MonitorOf(Datastore datastore) =>
        _monitors.AddOrUpdate(
            datastore.Name,
            _ => Create(datastore),
            (_, known) => known.Datastore == datastore ? known : Create(datastore)
        );

    private SourceMonitor Create(Datastore datastore)
    {
        var readable = options.ReadsAllSources ? SourceRoots(datastore) : roots;
        return new SourceMonitor(
            datastore,
            readable,
            narrowed => new Indexer(narrowed, paths, time),
            new GitTrees(readable, paths),
            time,
            logger
        );
    }

    /// <summary>The allowed roots, and the directories of the sources that a person has named before.</summary>
    private AllowedRoots SourceRoots(Datastore datastore)
    {
        using var snapshot = datastore.Snapshot();
        var directories = snapshot
            .Sources()
            .Select(source => Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(source.Path)!)
            .Where(Directory.Exists);
        return new AllowedRoots([.. roots.Roots, .. directories]);
    }
}
