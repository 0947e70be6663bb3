using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>A collector of telemetry that keeps what it is sent: the text in it is readable in the bytes of OTLP.</summary>
/// <param name="answers">Whether it answers; one that does not leaves its clients waiting.</param>
internal sealed class OtlpCollector(bool answers = true) : LoopbackServer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<(string Path, string Text)> _received = new();

    /// <summary>The variables of the environment that have telemetry sent here.</summary>
    public (string Name, string Value)[] Environment =>
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", Address),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ];

    /// <summary>The text received of a signal: metrics or traces.</summary>
    public string Text(string signal) =>
        string.Concat(_received.Where(one => one.Path == $"/v1/{signal}").Select(one => one.Text));

    /// <summary>Waits until all of some texts were sent of a signal.</summary>
    public async Task WaitForAsync(string signal, params IReadOnlyList<string> texts)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_patience && !texts.All(text => Text(signal).Contains(text, StringComparison.Ordinal)))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        var received = Text(signal);
        Assert.All(texts, text => Assert.Contains(text, received));
    }

    protected override async Task AnswerAsync(string path, HttpListenerContext context)
    {
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        _received.Enqueue((path, Encoding.Latin1.GetString(body.ToArray())));
        if (!answers)
        {
            await Task.Delay(Timeout.Infinite, Stopped);
        }

        await SendAsync(context, [], "application/x-protobuf");
    }
}
