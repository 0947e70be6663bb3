using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;

namespace McpLongContext.Context.Freshness.Watching;

/// <summary>
/// Follows the watched sources of a datastore: a while after the last of several changes they are in the index. Of
/// several processes one watches, which holds the lease; another takes over when it ends or dies.
/// </summary>
/// <param name="monitor">Compares and reads.</param>
/// <param name="isBusy">Whether an ingest of this process reads the datastore anyway.</param>
/// <param name="refreshed">Called after changed files are searchable.</param>
/// <param name="time">The clock.</param>
internal sealed class SourceWatch(
    SourceMonitor monitor,
    Func<bool> isBusy,
    Func<WatchReport, CancellationToken, Task> refreshed,
    TimeProvider time
)
{
    /// <summary>The pause that ends a burst of changes: an editor writes, renames and deletes to save once.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(150);

    /// <summary>The longest wait for a pause in the changes.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(600);

    /// <summary>The interval of checking the roots, and all files where signals may be missing.</summary>
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(500);

    /// <summary>The interval of checking all files, whatever the watcher reports.</summary>
    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(30);

    private volatile string? _failure;

    /// <summary>The reason for scanning; <see langword="null"/>: the system's watcher reports every change.</summary>
    public string? Failure => _failure;

    /// <summary>Follows the sources until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var lease = await DatastoreLock.AcquireAsync(monitor.Datastore, DatastoreLock.Watch, cancellation);
        using var folders = new FolderWatch();
        var compared = time.GetTimestamp();
        while (true)
        {
            var isDue = folders.Watch(monitor.WatchedPaths());
            _failure = folders.Failure;
            if (await folders.WaitAsync(isDue ? TimeSpan.Zero : s_tick, cancellation))
            {
                isDue = true;
                for (
                    var first = time.GetTimestamp();
                    time.GetElapsedTime(first) < s_longest && await folders.WaitAsync(s_quiet, cancellation);

                ) { }
            }

            if ((isDue || _failure is not null || time.GetElapsedTime(compared) > s_whole) && !isBusy())
            {
                await RefreshAsync(cancellation);
                compared = time.GetTimestamp();
            }
        }
    }

    private async Task RefreshAsync(CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        await monitor.CompareAsync(cancellation);
        if (monitor.StaleCount is not (> 0 and var changed))
        {
            return;
        }

        var unread = await monitor.RefreshAsync(query: null, budget: null, cancellation);
        if (changed > unread.Count)
        {
            var seconds = time.GetElapsedTime(start).TotalSeconds;
            await refreshed(new WatchReport(monitor.Datastore.Name, changed - unread.Count, seconds), cancellation);
        }
    }
}
