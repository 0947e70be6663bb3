using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// How long the server serves: until the process is told to stop, or the client has closed its end. What the client
/// sent last is still answered if that takes no longer than <see cref="Grace"/>, so that requests can be piped in; what
/// continues longer is canceled, because nobody waits for it any more.
/// </summary>
internal sealed class ClientLifetime : IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_coldStart = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _lastMessage = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping;
    private long _received;
    private long _takenUp;
    private long _handled;
    private long _lastTakenUp;

    public ClientLifetime(TimeProvider time, CancellationToken cancellation)
    {
        _time = time;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    /// <summary>The time that calls in flight get after the client has closed its end.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Canceled when serving ends.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>
    /// A notification that follows the client's last message: when it arrives, all others have been read.
    /// </summary>
    public const string LastMessage = "notifications/mcp-long-context/end";

    /// <summary>A line has come in.</summary>
    public void Receive() => Interlocked.Increment(ref _received);

    /// <summary>A message is taken up, handled and answered by <paramref name="handle"/>.</summary>
    public async Task TakeUpAsync(JsonRpcMessage message, Func<Task> handle)
    {
        if (message is JsonRpcNotification { Method: LastMessage })
        {
            _lastMessage.TrySetResult();
            return;
        }

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
    /// The client has closed its end. Waits until its last message is read, however slow the start was, and then for
    /// the calls in flight; then ends the serving. A line that is no message is never taken up, so it costs the grace.
    /// </summary>
    public async Task EndAsync()
    {
        await Task.WhenAny(_lastMessage.Task, Task.Delay(s_coldStart, _time, Stopping));
        var end = _time.GetTimestamp();
        while (!IsIdle() && SinceLastTakenUp(end) < Grace)
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

    private TimeSpan SinceLastTakenUp(long end) => _time.GetElapsedTime(Math.Max(end, Volatile.Read(ref _lastTakenUp)));
}
