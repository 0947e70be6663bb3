using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// The files of a datastore that are not on disk as they are stored: to be read, or gone. Those that a query needs go
/// first. Thread-safe.
/// </summary>
internal sealed class RefreshQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SourceEntry?> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private readonly Queue<string> _first = new();
    private TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when nothing is waiting or in progress.</summary>
    public Task Emptied
    {
        get
        {
            lock (_gate)
            {
                return IsEmpty ? Task.CompletedTask : _empty.Task;
            }
        }
    }

    private bool IsEmpty => _waiting.Count == 0 && _running.Count == 0;

    /// <summary>The paths that are waiting, in progress or unreadable, and whether each is gone.</summary>
    public IReadOnlyDictionary<string, bool> Stale()
    {
        lock (_gate)
        {
            var unread = _waiting.ToDictionary(item => item.Key, item => item.Value is null, StringComparer.Ordinal);
            foreach (var path in _running.Concat(_failed))
            {
                unread.TryAdd(path, false);
            }

            return unread;
        }
    }

    /// <summary>Whether any of some files waits or runs.</summary>
    public bool IsStale(IReadOnlyList<string> paths)
    {
        lock (_gate)
        {
            return paths.Any(path => _waiting.ContainsKey(path) || _running.Contains(path));
        }
    }

    /// <summary>The files that wait to be read.</summary>
    public IReadOnlyList<SourceEntry> Waiting()
    {
        lock (_gate)
        {
            return [.. _waiting.Values.OfType<SourceEntry>()];
        }
    }

    /// <summary>Queues a file to be read; <see langword="null"/>: the file is gone.</summary>
    public void Put(string path, SourceEntry? file)
    {
        lock (_gate)
        {
            _waiting[path] = file;
            _failed.Remove(path);
        }
    }

    /// <summary>Forgets what waits or failed and queues anew; nobody sees the queue in between.</summary>
    /// <returns>The result of <paramref name="fill"/>.</returns>
    public T Replace<T>(Func<T> fill)
    {
        lock (_gate)
        {
            _waiting.Clear();
            _failed.Clear();
            var result = fill();
            SignalIfEmpty();
            return result;
        }
    }

    /// <summary>Moves paths to the front, in this order.</summary>
    public void Prioritize(IEnumerable<string> paths)
    {
        lock (_gate)
        {
            List<string> order = [.. paths.Concat(_first).Where(_waiting.ContainsKey).Distinct(StringComparer.Ordinal)];
            _first.Clear();
            order.ForEach(_first.Enqueue);
        }
    }

    /// <summary>Takes the next files, which are in progress until <see cref="Finish"/>.</summary>
    /// <param name="most">The most to take.</param>
    public IReadOnlyList<(string Path, SourceEntry? File)> Take(int most)
    {
        lock (_gate)
        {
            var taken = new List<(string, SourceEntry?)>();
            while (taken.Count < most && _first.TryDequeue(out var path))
            {
                if (_waiting.Remove(path, out var file))
                {
                    taken.Add((path, file));
                }
            }

            foreach (var (path, file) in _waiting.Take(most - taken.Count).ToList())
            {
                _waiting.Remove(path);
                taken.Add((path, file));
            }

            foreach (var (path, _) in taken)
            {
                _running.Add(path);
            }

            return taken;
        }
    }

    /// <summary>Marks a file that cannot be read now.</summary>
    public void Fail(string path)
    {
        lock (_gate)
        {
            _failed.Add(path);
        }
    }

    /// <summary>Ends the work on paths that were taken: they are stored, or failed.</summary>
    public void Finish(IEnumerable<string> paths)
    {
        lock (_gate)
        {
            _running.ExceptWith(paths);
            SignalIfEmpty();
        }
    }

    private void SignalIfEmpty()
    {
        if (IsEmpty)
        {
            _first.Clear();
            _empty.TrySetResult();
            _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
