using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// Progress notifications of a call: one at every change of stage and one every <see cref="Interval"/>, also while
/// nothing moves, because clients count a silent call as hung. The progress value is the elapsed time in seconds, the
/// only figure that grows in every stage; the message says what is being done. To a client that does not read, no more
/// are sent than stages change: nothing piles up, and the work does not wait.
/// </summary>
/// <typeparam name="T">Where the call stands.</typeparam>
internal sealed class ProgressNotifications<T> : IProgress<T>, IAsyncDisposable
    where T : class
{
    private readonly ToolCall _call;
    private readonly Func<T, string> _describe;
    private readonly Func<T, T, bool> _isSameStage;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private T? _latest;
    private float _progress;
    private Task _sending = Task.CompletedTask;

    /// <summary>Begins to notify.</summary>
    /// <param name="call">The call.</param>
    /// <param name="describe">Says what is being done.</param>
    /// <param name="isSameStage">Whether the second needs no notification of its own after the first.</param>
    /// <param name="time">The clock.</param>
    public ProgressNotifications(
        ToolCall call,
        Func<T, string> describe,
        Func<T, T, bool> isSameStage,
        TimeProvider time
    )
    {
        _call = call;
        _describe = describe;
        _isSameStage = isSameStage;
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(_ => SendUnlessBusy(), state: null, Interval, Interval);
        Send();
    }

    private static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public void Report(T value)
    {
        bool changed;
        lock (_lock)
        {
            changed = _latest is null || !_isSameStage(_latest, value);
            _latest = value;
        }

        if (changed)
        {
            Send();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        Task sending;
        lock (_lock)
        {
            sending = _sending;
        }

        await sending;
    }

    private void SendUnlessBusy()
    {
        lock (_lock)
        {
            if (_sending.IsCompleted)
            {
                Send();
            }
        }
    }

    private void Send()
    {
        lock (_lock)
        {
            if (_call.ProgressToken is { } token)
            {
                // The protocol asks for a value that grows with every notification.
                _progress = Math.Max(_progress + 0.1f, (float)Math.Round(_time.GetElapsedTime(_start).TotalSeconds, 1));
                var message = _latest is null ? "starting" : _describe(_latest);
                _sending = SendAfterAsync(_sending, token, new() { Progress = _progress, Message = message });
            }
        }
    }

    private async Task SendAfterAsync(Task earlier, ProgressToken token, ProgressNotificationValue value)
    {
        await earlier;
        try
        {
            await _call.Server.NotifyProgressAsync(token, value);
        }
        catch (IOException)
        {
            // The client is gone; the end of its input stops the call.
        }
    }
}
