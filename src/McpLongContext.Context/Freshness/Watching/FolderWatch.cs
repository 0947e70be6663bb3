using System.Threading.Channels;
using McpLongContext.Context.Files;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness.Watching;

/// <summary>
/// Signals that something happened at or beneath some paths. What it was does not matter: whoever hears the signal
/// compares everything with the disk.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly Dictionary<string, (FileSystemWatcher? Watcher, FileStamp Root)> _watchers = new(
        StringComparer.Ordinal
    );

    private volatile string? _failure;

    /// <summary>
    /// The reason why signals may be missing; <see langword="null"/>: the system's watcher reports everything.
    /// </summary>
    public string? Failure => _failure;

    /// <summary>Watches these paths from now on, and no others.</summary>
    /// <returns>Whether one of them is new, came back or was replaced: what happened before is not known.</returns>
    public bool Watch(IReadOnlyCollection<string> paths)
    {
        var isChanged = false;
        foreach (var gone in _watchers.Keys.Except(paths, StringComparer.Ordinal).ToList())
        {
            Forget(gone);
        }

        foreach (var path in paths)
        {
            var stamp = FileStatus.Of(path);
            if (!stamp.Exists)
            {
                isChanged |= _watchers.ContainsKey(path);
                Forget(path);
                continue;
            }

            // A directory may be replaced under its name; of a file, its directory is watched.
            var root = Directory.Exists(path) ? stamp with { Modified = 0 } : default;

            if (!_watchers.TryGetValue(path, out var known) || known.Root != root)
            {
                Forget(path);
                _watchers[path] = (Open(path), root);
                isChanged = true;
            }
        }

        return isChanged;
    }

    /// <summary>Waits for a signal; <see langword="false"/> when none came in time.</summary>
    public async Task<bool> WaitAsync(TimeSpan most, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ending.CancelAfter(most);
        try
        {
            return await _signals.Reader.ReadAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var path in _watchers.Keys.ToList())
        {
            Forget(path);
        }
    }

    private FileSystemWatcher? Open(string path)
    {
        try
        {
            var isFolder = Directory.Exists(path);
            var watcher = new FileSystemWatcher(isFolder ? path : Path.GetDirectoryName(path)!)
            {
                IncludeSubdirectories = isFolder,
                NotifyFilter =
                    NotifyFilters.FileName
                    | NotifyFilters.DirectoryName
                    | NotifyFilters.Size
                    | NotifyFilters.LastWrite
                    | NotifyFilters.CreationTime,
            };
            watcher.Created += Signal;
            watcher.Changed += Signal;
            watcher.Deleted += Signal;
            watcher.Renamed += Signal;
            watcher.Error += (_, error) => Fail(error.GetException());
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Fail(error);
            return null;
        }

        void Signal(object sender, FileSystemEventArgs change) => _signals.Writer.TryWrite(true);
    }

    private void Fail(Exception error)
    {
        // An overflow of the watcher's buffer is a change, too.
        if (error is not InternalBufferOverflowException)
        {
            _failure = error.Message;
        }

        _signals.Writer.TryWrite(true);
    }

    private void Forget(string path)
    {
        if (_watchers.Remove(path, out var known))
        {
            known.Watcher?.Dispose();
        }
    }
}
