using System.Collections.Concurrent;
using McpLongContext.Distributed.Messages;

namespace McpLongContext.Distributed.Shards;

/// <summary>
/// The questions that shards of this silo are being asked. One that is not ended, because the silo that asked has died,
/// is forgotten after a while: an open snapshot keeps the log of its database from being trimmed.
/// </summary>
internal sealed class ShardQueries : IDisposable
{
    private static readonly TimeSpan s_forgotten = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Shard, Guid Id), OpenQuery> _open = [];
    private readonly TimeProvider _time;
    private readonly ITimer _forgetting;

    public ShardQueries(TimeProvider time)
    {
        _time = time;
        _forgetting = time.CreateTimer(_ => Forget(), state: null, s_forgotten, s_forgotten / 4);
    }

    /// <summary>The questions that are open, or were ended before they began.</summary>
    public int Count => _open.Count;

    /// <summary>Begins a question, unless it was ended before: messages overtake each other.</summary>
    public void Begin(string shard, Guid id, ShardQuery opened)
    {
        if (!_open.TryAdd((shard, id), new OpenQuery(opened, _time.GetTimestamp())))
        {
            opened.Dispose();
        }
    }

    /// <summary>Does something for a question.</summary>
    /// <exception cref="ShardUnavailableException">The question was forgotten.</exception>
    public T With<T>(string shard, Guid id, Func<ShardQuery, T> work)
        where T : class =>
        _open.TryGetValue((shard, id), out var query) && query.With(work) is { } answer
            ? answer
            : throw new ShardUnavailableException($"shard '{shard}' has forgotten the question; ask again");

    /// <summary>Ends a question, at once where it is being worked for; one that has not begun does not begin.</summary>
    public void End(string shard, Guid id)
    {
        var ended = new OpenQuery(query: null, _time.GetTimestamp());
        if (!_open.TryAdd((shard, id), ended) && _open.TryRemove((shard, id), out var query))
        {
            query.Close();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forgetting.Dispose();
        Remove(_open.Keys);
    }

    private void Forget() =>
        Remove(_open.Where(one => _time.GetElapsedTime(one.Value.Started) > s_forgotten).Select(one => one.Key));

    private void Remove(IEnumerable<(string Shard, Guid Id)> keys)
    {
        foreach (var key in keys)
        {
            if (_open.TryRemove(key, out var query))
            {
                query.Close();
            }
        }
    }
}
