using System.Collections.Concurrent;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Freshness.Git;
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
    LongContextOptions options,
    TimeProvider time,
    ILogger<FreshnessKeeper> logger
) : IAsyncDisposable
{
    /// <summary>The time that a query waits for changed files; what is not read by then is left out of it.</summary>
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(1);

    private const int NamedBehind = 20;

    private readonly ConcurrentDictionary<string, SourceMonitor> _monitors = new(StringComparer.Ordinal);

    /// <summary>
    /// Compares the sources of a datastore with the disk and reads changed files again, those that the question needs
    /// first.
    /// </summary>
    public async Task<FreshnessCheck> EnsureAsync(string name, string? question, CancellationToken cancellation)
    {
        if (jobs.FindIndexing(name) is not null)
        {
            return FreshnessCheck.None;
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
        var before = monitor.BehindCount;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var deadline = Task.Delay(s_budget, time, ending.Token);
        var behind = await monitor.RefreshAsync(question, deadline, cancellation);
        await ending.CancelAsync();
        var stale = behind.Keys.ToHashSet(StringComparer.Ordinal);
        stale.UnionWith(comparison.Missing.SelectMany(source => source.Files));
        string[] changed =
        [
            .. behind.Where(item => !item.Value).Select(item => item.Key).Order(StringComparer.Ordinal),
        ];
        var freshness = new FreshnessReport
        {
            Fresh = changed.Length == 0 && comparison.Missing.Count == 0 && comparison.Hidden.Count == 0,
            Behind = [.. changed.Take(NamedBehind).Select(paths.Show)],
            BehindCount = changed.Length,
            Missing = [.. comparison.Missing.Select(source => paths.Show(source.Path))],
            Unchecked = [.. comparison.Hidden.Select(paths.Show)],
            Refreshed = Math.Max(0, before - behind.Count),
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
        };
        return new FreshnessCheck(freshness, stale, git);
    }

    /// <summary>Stops all reading; what is stored stays.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var monitor in _monitors.Values)
        {
            await monitor.DisposeAsync();
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
            new Indexer(readable, paths, time),
            new GitTrees(readable, paths),
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
