namespace McpLongContext.Server.Protocol;

/// <summary>
/// How long the server serves: until the process is told to stop, or the client has closed its end. What the client
/// sent last is still answered if that takes no longer than <see cref="Grace"/>, so that requests can be piped in; what
/// goes on longer is cancelled, because nobody waits for it any more.
/// </summary>
internal sealed class ClientLifetime : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping;
    private long _received;
    private long _takenUp;
    private long _handled;
    private long _lastTakenUp;

    public ClientLifetime(TimeProvider time, CancellationToken processStops)
    {
        _time = time;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(processStops);
    }

    /// <summary>The time that calls in flight get after the client has closed its end.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Cancelled when serving ends.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>A message has come in.</summary>
    public void Receive() => Interlocked.Increment(ref _received);

    /// <summary>A message is taken up, handled and answered by <paramref name="handle"/>.</summary>
    public async Task TakeUpAsync(Func<Task> handle)
    {
        Volatile.Write(ref _lastTakenUp, _time.GetTimestamp());
        Interlocked.Increment(ref _takenUp);
        try
        {
            await handle();
        }
        finally
        {
            Interlocked.Increment(ref _handled);
        }
    }

    /// <summary>
    /// The client has closed its end. Waits for the calls in flight, each message's grace beginning when it is taken
    /// up, also after a cold start; then ends the serving. A line that is no message is never taken up.
    /// </summary>
    public async Task EndAsync()
    {
        Volatile.Write(ref _lastTakenUp, _time.GetTimestamp());
        while (!IsIdle() && _time.GetElapsedTime(Volatile.Read(ref _lastTakenUp)) < Grace)
        {
            await Task.Delay(s_poll, _time, CancellationToken.None);
        }

        await _stopping.CancelAsync();
    }

    public void Dispose() => _stopping.Dispose();

    private bool IsIdle()
    {
        var handled = Interlocked.Read(ref _handled);
        return handled == Interlocked.Read(ref _takenUp) && handled == Interlocked.Read(ref _received);
    }
}
