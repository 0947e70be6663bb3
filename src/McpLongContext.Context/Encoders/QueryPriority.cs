using System.Collections.Concurrent;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// Lets queries go before the background encoding of this process. A worker waits between two batches for the
/// queries that run at this moment, not for those that come while it waits: so a query meets at most the batches
/// that are under way, and constant queries slow the encoding down without stopping it. Thread-safe.
/// </summary>
internal sealed class QueryPriority
{
    private readonly ConcurrentDictionary<RunningQuery, byte> _running = new();

    /// <summary>The queries that run at this moment.</summary>
    public int Running => _running.Count;

    /// <summary>A query runs until the result is disposed.</summary>
    public IDisposable Announce()
    {
        var question = new RunningQuery(this);
        _running.TryAdd(question, 0);
        return question;
    }

    /// <summary>Blocks a worker's own thread until the queries that run now have ended.</summary>
    /// <exception cref="OperationCanceledException">Canceled while waiting.</exception>
    public void YieldToQueries(CancellationToken cancellation)
    {
        foreach (var question in _running.Keys)
        {
            question.Wait(cancellation);
        }
    }

    private sealed class RunningQuery(QueryPriority priority) : IDisposable
    {
        private readonly ManualResetEventSlim _ended = new();

        public void Wait(CancellationToken cancellation) => _ended.Wait(cancellation);

        // The event itself is left to the collector, because workers may still wait for it.
        public void Dispose()
        {
            priority._running.TryRemove(this, out _);
            _ended.Set();
        }
    }
}
