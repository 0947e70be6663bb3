using System.Collections.Concurrent;
using McpLongContext.Distributed.Messages;

namespace McpLongContext.Distributed.Shards;

/// <summary>
/// The questions that shards of this silo are being asked. One that is not ended, because the silo that asked has died,
/// is forgotten after a while: an open snapshot keeps the log of its database from being trimmed.
/// </summary>
internal sealed class ShardQueries(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_forgotten = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Shard, Guid Id), Entry> _open = [];

    /// <summary>Begins a question.</summary>
    public void Begin(string shard, Guid id, ShardQuery opened)
    {
        Forget();
        if (!_open.TryAdd((shard, id), new Entry(opened, time.GetTimestamp())))
        {
            opened.Dispose();
        }
    }

    /// <summary>Does something for a question.</summary>
    /// <exception cref="ShardUnavailableException">The question was forgotten.</exception>
    public T With<T>(string shard, Guid id, Func<ShardQuery, T> work)
        where T : class
    {
        if (!_open.TryGetValue((shard, id), out var entry))
        {
            throw new ShardUnavailableException($"shard '{shard}' has forgotten the question; ask again.");
        }

        return entry.With(work) is { } answer
            ? answer
            : throw new ShardUnavailableException($"shard '{shard}' has forgotten the question; ask again.");
    }

    /// <summary>Ends a question.</summary>
    public void End(string shard, Guid id)
    {
        if (_open.TryRemove((shard, id), out var entry))
        {
            entry.Close();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (shard, id) in _open.Keys)
        {
            End(shard, id);
        }
    }

    private void Forget()
    {
        foreach (var (key, entry) in _open)
        {
            if (time.GetElapsedTime(entry.Started) > s_forgotten)
            {
                End(key.Shard, key.Id);
            }
        }
    }

    private sealed class Entry(ShardQuery query, long started)
    {
        private readonly Lock _gate = new();
        private bool _isClosed;

        public long Started { get; } = started;

        /// <summary>Does something for the question; <see langword="null"/> once it is closed.</summary>
        public T? With<T>(Func<ShardQuery, T> work)
            where T : class
        {
            lock (_gate)
            {
                return _isClosed ? null : work(query);
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                if (!_isClosed)
                {
                    _isClosed = true;
                    query.Dispose();
                }
            }
        }
    }
}
