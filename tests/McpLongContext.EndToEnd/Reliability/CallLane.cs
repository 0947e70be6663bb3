using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>A caller that makes mixed calls one after the other, and gives some of them up.</summary>
/// <param name="number">Distinguishes the caller.</param>
/// <param name="written">The texts of the documents that were acknowledged.</param>
/// <param name="latencies">The latencies of the calls that were kept.</param>
internal abstract class CallLane(int number, ConcurrentDictionary<string, string> written, LatencyTable latencies)
{
    /// <summary>Documents of a caller; more would let the datastore grow.</summary>
    private const int Documents = 8;

    private static readonly string[] s_words =
    [
        "model",
        "install",
        "lock",
        "hash",
        "source",
        "catalog",
        "proof",
        "hub",
    ];

    private readonly Random _random = new(number);
    private int _count;

    /// <summary>Makes calls until the end; the last one is waited for.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            switch (_random.Next(20))
            {
                case < 11:
                    Assert.NotEmpty((await KeepAsync("query", "query_long_context", Query()))["passages"]!.AsArray());
                    break;
                case < 14:
                    await WriteAsync();
                    break;
                case < 16:
                    Assert.NotEmpty((await KeepAsync("list", "list_datastores", []))["datastores"]!.AsArray());
                    break;
                case < 18:
                    await CancelAsync("query_long_context", Query());
                    break;
                case < 19:
                    await CancelAsync("ingest_document", new JsonObject { ["path"] = Repository.Tree });
                    break;
                default:
                    await DropAsync(Query(), TimeSpan.FromMilliseconds(_random.Next(50)));
                    break;
            }
        }
    }

    /// <summary>Calls a tool and waits for the answer.</summary>
    protected abstract Task<JsonNode> CallAsync(string tool, JsonObject arguments);

    /// <summary>Calls a tool, and sends a notification that cancels it.</summary>
    protected abstract Task CancelAsync(string tool, JsonObject arguments);

    /// <summary>Asks a query, and loses the connection before the answer.</summary>
    protected abstract Task DropAsync(JsonObject query, TimeSpan after);

    private JsonObject Query() =>
        new()
        {
            ["question"] =
                $"How does the {s_words[_random.Next(s_words.Length)]} meet the {s_words[_random.Next(s_words.Length)]}?",
            ["max_tokens"] = 1000,
        };

    private async Task WriteAsync()
    {
        var name = $"caller-{number}-{_count % Documents}.txt";
        var text = $"Text {++_count} of caller {number} about the {s_words[_random.Next(s_words.Length)]}.\n";
        var report = await KeepAsync("ingest", "ingest_document", new JsonObject { ["text"] = text, ["name"] = name });
        if ((string?)report["state"] == "indexing")
        {
            // A job that goes on has acknowledged nothing yet.
            written.TryRemove(name, out _);
            return;
        }

        written[name] = text;
    }

    private async Task<JsonNode> KeepAsync(string kind, string tool, JsonObject arguments)
    {
        var clock = Stopwatch.StartNew();
        var answer = await CallAsync(tool, arguments);
        latencies.Add(kind, clock.Elapsed);
        Assert.True(answer["result"]?["isError"]?.GetValue<bool>() is not true, answer.ToJsonString());
        return Assert.IsAssignableFrom<JsonNode>(answer["result"]?["structuredContent"]);
    }
}
