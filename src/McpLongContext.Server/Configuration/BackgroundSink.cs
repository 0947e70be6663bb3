using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;

namespace McpLongContext.Server.Configuration;

/// <summary>
/// Stands before a sink that may block for good: standard error, whose pipe is full when the client does not read it.
/// Whoever logs never waits; what comes while <see cref="Capacity"/> events wait is lost here, and only here.
/// </summary>
internal sealed class BackgroundSink : ILogEventSink, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(0.5);

    private readonly BlockingCollection<LogEvent> _events = new(Capacity);
    private readonly ILogEventSink _inner;
    private readonly Thread _writer;

    /// <summary>Stands before a sink.</summary>
    /// <param name="inner">The sink that may block.</param>
    public BackgroundSink(ILogEventSink inner)
    {
        _inner = inner;
        _writer = new Thread(Write) { IsBackground = true, Name = "log" };
        _writer.Start();
    }

    /// <summary>Events that may wait.</summary>
    public const int Capacity = 1000;

    public void Emit(LogEvent logEvent) => _events.TryAdd(logEvent);

    /// <summary>Gives what waits a moment to be written.</summary>
    public void Dispose()
    {
        _events.CompleteAdding();
        if (_writer.Join(s_patience))
        {
            _events.Dispose();
        }
    }

    private void Write()
    {
        foreach (var logEvent in _events.GetConsumingEnumerable())
        {
            _inner.Emit(logEvent);
        }
    }
}
