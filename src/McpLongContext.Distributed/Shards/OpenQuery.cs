namespace McpLongContext.Distributed.Shards;

/// <summary>A question that a shard is being asked: for one call at a time, closed by whoever is last.</summary>
/// <param name="query">The question; <see langword="null"/>: it was ended before it began.</param>
/// <param name="started">When it began.</param>
internal sealed class OpenQuery(ShardQuery? query, long started)
{
    private readonly Lock _gate = new();
    private volatile bool _isClosed;
    private bool _isDisposed;

    /// <summary>When it began.</summary>
    public long Started { get; } = started;

    /// <summary>Does something for the question; <see langword="null"/> once it is closed.</summary>
    public T? With<T>(Func<ShardQuery, T> work)
        where T : class
    {
        try
        {
            lock (_gate)
            {
                return _isClosed || query is null ? null : work(query);
            }
        }
        finally
        {
            DisposeClosed();
        }
    }

    /// <summary>Closes the question without waiting for work on it.</summary>
    public void Close()
    {
        _isClosed = true;
        DisposeClosed();
    }

    /// <summary>Whoever works now does it afterwards.</summary>
    private void DisposeClosed()
    {
        if (!_isClosed || !_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                query?.Dispose();
            }
        }
        finally
        {
            _gate.Exit();
        }
    }
}
