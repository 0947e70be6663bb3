using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>A caller over stdio; all of them share the one client that there is.</summary>
internal sealed class StdioLane(
    int number,
    BareClient server,
    ConcurrentDictionary<string, string> written,
    LatencyTable latencies
) : CallLane(number, written, latencies)
{
    protected override Task<JsonNode> CallAsync(string tool, JsonObject arguments) => server.CallAsync(tool, arguments);

    protected override async Task CancelAsync(string tool, JsonObject arguments)
    {
        _ = server.CallAsync(tool, arguments, out var id);
        await server.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = id });
    }

    protected override async Task DropAsync(JsonObject query, TimeSpan after) =>
        await CancelAsync("query_long_context", query);
}
