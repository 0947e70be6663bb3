using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>A caller over HTTP with a session of its own, anew after each dropped connection.</summary>
internal sealed class HttpLane(
    int number,
    HttpServerProcess server,
    ConcurrentDictionary<string, string> written,
    LatencyTable latencies
) : CallLane(number, written, latencies)
{
    private HttpSession? _session;

    protected override async Task<JsonNode> CallAsync(string tool, JsonObject arguments) =>
        await (await SessionAsync()).CallAsync(tool, arguments);

    protected override async Task CancelAsync(string tool, JsonObject arguments)
    {
        var session = await SessionAsync();
        var id = "";
        // A cancelled request has no answer: its stream is given up with it.
        using var leave = new CancellationTokenSource();
        var call = session.CallAsync(tool, arguments, name => id = name, leave.Token);
        await session.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = id });
        await Task.WhenAny(call, Task.Delay(TimeSpan.FromSeconds(1)));
        await leave.CancelAsync();
        await GiveUpAsync(call);
    }

    protected override async Task DropAsync(JsonObject query, TimeSpan after)
    {
        var session = await SessionAsync();
        using var leave = new CancellationTokenSource(after);
        await GiveUpAsync(session.CallAsync("query_long_context", query, cancellation: leave.Token));
        session.Dispose();
        _session = null;
    }

    private async Task<HttpSession> SessionAsync() => _session ??= await server.ConnectAsync();

    private static async Task GiveUpAsync(Task<JsonNode> call)
    {
        try
        {
            await call;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Nobody waits for it.
        }
    }
}
