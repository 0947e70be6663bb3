namespace McpLongContext.Distributed.Querying;

/// <summary>A step that a copy of a shard was asked.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal sealed class Attempt<T>
{
    private readonly CancellationTokenSource _ending;

    private Attempt(ShardSession session, long started, CancellationTokenSource ending, Task<T> answer) =>
        (Session, Started, _ending, Answer) = (session, started, ending, answer);

    /// <summary>The question to the copy.</summary>
    public ShardSession Session { get; }

    /// <summary>The time stamp of its start.</summary>
    public long Started { get; }

    /// <summary>The answer; cancelled at the deadline.</summary>
    public Task<T> Answer { get; }

    /// <summary>Asks a step.</summary>
    public static Attempt<T> Start(
        ShardSession session,
        Func<CancellationToken, Task<T>> ask,
        TimeSpan deadline,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var started = time.GetTimestamp();
        var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ending.CancelAfter(deadline);

        // The step is told to end; a silo that does not answer is not waited for.
        return new Attempt<T>(session, started, ending, ask(ending.Token).WaitAsync(ending.Token));
    }

    /// <summary>Ends the step, and the question to the copy where another one goes on.</summary>
    public void End(bool isLost)
    {
        if (isLost)
        {
            _ending.Cancel();
            Session.End();
        }

        Answer.Ignore();
        _ending.Dispose();
    }
}
