using McpLongContext.Context.Ingestion;
using McpLongContext.Server.Output;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// Progress notifications of an ingest: one at every change of stage and one every <see cref="Interval"/>, also while
/// nothing moves, because clients count a silent call as hung. The progress value is the elapsed time in seconds, the
/// only figure that grows in every stage; the message says what is being done.
/// </summary>
internal sealed class IngestNotifications : IProgress<IngestReport>, IAsyncDisposable
{
    private readonly ToolCall _call;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private IngestReport? _latest;
    private float _progress;
    private Task _sending = Task.CompletedTask;

    public IngestNotifications(ToolCall call, TimeProvider time)
    {
        _call = call;
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Send(), state: null, Interval, Interval);
        Send();
    }

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public void Report(IngestReport value)
    {
        bool changed;
        lock (_lock)
        {
            changed = value.State != _latest?.State;
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

    private void Send()
    {
        lock (_lock)
        {
            if (_call.ProgressToken is { } token)
            {
                // The protocol asks for a value that grows with every notification.
                _progress = Math.Max(_progress + 0.1f, (float)Math.Round(_time.GetElapsedTime(_start).TotalSeconds, 1));
                var message = _latest is null ? "starting" : IngestText.Progress(_latest);
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
