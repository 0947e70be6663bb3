using McpLongContext.Server.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace McpLongContext.Server.Tests.Configuration;

public sealed class BackgroundSinkTests
{
    [Fact]
    public void What_was_logged_is_written_in_order_before_the_end()
    {
        using var inner = new Gate(isOpen: true);
        using (var sink = new BackgroundSink(inner))
        {
            Enumerable.Range(0, 100).ToList().ForEach(i => sink.Emit(Event(i)));
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), inner.Written);
    }

    [Fact]
    public void Nobody_waits_for_a_sink_that_blocks_and_what_fits_is_written_when_it_goes_on()
    {
        using var inner = new Gate(isOpen: false);
        using (var sink = new BackgroundSink(inner))
        {
            Enumerable.Range(0, 10 * BackgroundSink.Capacity).ToList().ForEach(i => sink.Emit(Event(i)));
            inner.Open();
        }

        Assert.InRange(inner.Written.Count, BackgroundSink.Capacity, BackgroundSink.Capacity + 1);
        Assert.Equal("0", inner.Written[0]);
    }

    [Fact]
    public void The_end_does_not_wait_for_a_sink_that_blocks_for_good()
    {
        using var inner = new Gate(isOpen: false);
        var sink = new BackgroundSink(inner);
        sink.Emit(Event(0));

        sink.Dispose();

        Assert.Empty(inner.Written);
        inner.Open();
    }

    private static LogEvent Event(int number) =>
        new(
            DateTimeOffset.UnixEpoch,
            LogEventLevel.Warning,
            exception: null,
            new MessageTemplate([new TextToken($"{number}")]),
            []
        );

    /// <summary>A sink that writes when it is open.</summary>
    private sealed class Gate(bool isOpen) : ILogEventSink, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(isOpen);

        public List<string> Written { get; } = [];

        public void Open() => _open.Set();

        public void Emit(LogEvent logEvent)
        {
            _open.Wait(TestContext.Current.CancellationToken);
            Written.Add(logEvent.MessageTemplate.Text);
        }

        public void Dispose() => _open.Dispose();
    }
}
