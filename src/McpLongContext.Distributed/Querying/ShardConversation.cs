using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// A question to one shard, step by step. A step that takes longer than usual is asked of another copy, too, and so is one
/// that fails: the first answer counts, and its copy goes on. Dean and Barroso call that a hedged request (The Tail at
/// Scale, 2013).
/// </summary>
/// <param name="grains">Finds the copies.</param>
/// <param name="datastore">The datastore.</param>
/// <param name="copies">The copies, in the order in which they are asked.</param>
/// <param name="times">Knows what is usual.</param>
/// <param name="deadline">How long a step of a copy may take.</param>
/// <param name="time">The clock.</param>
/// <param name="cancellation">Ends the question.</param>
internal sealed class ShardConversation(
    IGrainFactory grains,
    string datastore,
    IReadOnlyList<ShardAddress> copies,
    StepTimes times,
    TimeSpan deadline,
    TimeProvider time,
    CancellationToken cancellation
) : IDisposable
{
    private readonly Queue<ShardAddress> _others = new(copies.Skip(1));
    private readonly Dictionary<ShardAddress, string> _failures = [];
    private ShardSession _session = Open(grains, datastore, copies[0]);
    private ShardRequest? _request;
    private ShardSearch? _search;
    private ulong? _digest;

    /// <summary>The copies that failed, and why.</summary>
    public IReadOnlyDictionary<ShardAddress, string> Failures => _failures;

    /// <summary>Begins the question.</summary>
    public async Task<ShardStatistics> BeginAsync(ShardRequest request)
    {
        _request = request;
        var counted = await AskAsync(nameof(BeginAsync), (session, end) => session.BeginAsync(request, end));
        _digest = counted.Digest;
        return counted;
    }

    /// <summary>Searches by the statistics of the collection.</summary>
    public Task<ShardHits> SearchAsync(ShardSearch search)
    {
        _search = search;
        return AskAsync(nameof(SearchAsync), (session, end) => session.SearchAsync(search, end));
    }

    /// <summary>Asks a step.</summary>
    /// <param name="name">The name of the step, whose usual time is known by it.</param>
    /// <param name="step">The step; it may be asked of several copies.</param>
    /// <exception cref="ShardFailedException">No copy answers.</exception>
    public async Task<T> AskAsync<T>(string name, Func<ShardSession, CancellationToken, Task<T>> step)
    {
        var attempts = new List<Attempt<T>>();
        try
        {
            Start(_session);
            while (true)
            {
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                var slow = Task.Delay(
                    _others.Count > 0 ? times.UsualOf(datastore, name) : Timeout.InfiniteTimeSpan,
                    time,
                    waiting.Token
                );
                await Task.WhenAny(attempts.Select(attempt => (Task)attempt.Answer).Append(slow));
                await waiting.CancelAsync();
                cancellation.ThrowIfCancellationRequested();
                if (attempts.Find(attempt => attempt.Answer.IsCompletedSuccessfully) is { } good)
                {
                    _session = good.Session;
                    times.Add(datastore, name, time.GetElapsedTime(good.Started));
                    return await good.Answer;
                }

                foreach (var failed in attempts.FindAll(attempt => attempt.Answer.IsCompleted))
                {
                    attempts.Remove(failed);
                    Fail(failed);
                }

                if (_others.TryDequeue(out var other))
                {
                    Start(Open(grains, datastore, other));
                }
                else if (attempts.Count == 0)
                {
                    throw new ShardFailedException(copies[0].Shard, string.Join("; ", _failures.Values));
                }
            }
        }
        finally
        {
            foreach (var attempt in attempts)
            {
                Leave(attempt);
            }
        }

        void Start(ShardSession session) =>
            attempts.Add(Attempt<T>.Start(session, end => StepAsync(session, step, end), deadline, time, cancellation));
    }

    /// <inheritdoc/>
    public void Dispose() => _session.End();

    private static ShardSession Open(IGrainFactory grains, string datastore, ShardAddress address) =>
        new(address, grains.GetGrain<IShardGrain>(address.KeyIn(datastore).ToString()));

    /// <summary>A step of a copy, which is brought to where the question is.</summary>
    private async Task<T> StepAsync<T>(
        ShardSession session,
        Func<ShardSession, CancellationToken, Task<T>> step,
        CancellationToken cancellation
    )
    {
        var counted = await session.BeginAsync(_request!, cancellation);
        if (_digest is { } digest && digest != counted.Digest)
        {
            throw new OtherDocumentsException();
        }

        if (_search is { } search)
        {
            await session.SearchAsync(search, cancellation);
        }

        return await step(session, cancellation);
    }

    /// <summary>A copy that has changed meanwhile is as good as any for the whole question, asked anew.</summary>
    private void Fail<T>(Attempt<T> failed)
    {
        failed.End(isLost: true);
        var error = failed.Answer.Exception?.InnerException;
        if (error is not OtherDocumentsException)
        {
            _failures[failed.Session.Address] = error is null
                ? $"no answer within {deadline.TotalSeconds:F0} s"
                : ClusterErrors.ReasonOf(error);
        }
    }

    /// <summary>The copy that goes on keeps its question; a slower one may be asked again later.</summary>
    private void Leave<T>(Attempt<T> attempt)
    {
        var isLost = attempt.Session != _session;
        attempt.End(isLost);
        if (isLost)
        {
            _others.Enqueue(attempt.Session.Address);
        }
    }
}
