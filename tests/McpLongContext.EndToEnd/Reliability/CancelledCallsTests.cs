using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A client cancels calls of every tool in their middle: the server stops the work, answers
/// the next call, and what it stores stays whole.
/// </summary>
public sealed class CancelledCallsTests
{
    private const string Stories = "stories15m";

    /// <summary>The latest instant of a cancellation; the longer calls take much longer, the short ones end before.</summary>
    private const int LatestMilliseconds = 400;

    private const int Calls = 3;

    /// <summary>Far less than the cancelled work takes, far more than a busy machine needs to notice.</summary>
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(30);

    /// <summary>The share of a second that timers and a rare collection take.</summary>
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(30);

    private static readonly string s_text = string.Concat(
        Enumerable.Repeat("Once upon a time there was a little red boat that wanted to see the big sea.\n", 20_000)
    );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tools =>
        [
            "ingest_document",
            "query_long_context",
            "ingest_status",
            "list_datastores",
            "remove_document",
            "set_chunking",
            "expand_positional_encoding",
            "infer_long",
        ];

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task A_cancelled_call_ends_and_the_server_goes_on(string tool)
    {
        using var home = await HomeAsync(needsDecoder: tool is "infer_long" or "expand_positional_encoding");
        using var tree = new ChangingTree("src/McpLongContext.Storage/Lexical", seed: 3);
        var random = new Random(tool.Length);
        await using (var client = await BareClient.StartAsync(home, tree.Root))
        {
            await client.CallAsync("ingest_document", Ingest("."));
            for (var call = 0; call < Scale.Of(Calls); call++)
            {
                tree.Change();
                if (tool == "remove_document")
                {
                    // One that was faster than its cancellation has removed everything.
                    await client.CallAsync("ingest_document", Ingest("."));
                }

                var cancelled = client.CallAsync(tool, ArgumentsOf(tool, call), out var id);
                await Task.WhenAny(cancelled, Task.Delay(random.Next(LatestMilliseconds), Cancellation));
                await client.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = id });
                await client.CallAsync("list_datastores", []).WaitAsync(s_prompt, Cancellation);
            }

            await AssertIdleAsync(Process.GetProcessById(client.ProcessId));
            var last = await client.CallAsync("ingest_document", Ingest("."));
            Assert.Contains("\"complete\"", last.ToJsonString());
            Assert.Equal(0, await client.CloseAsync());
        }

        Assert.Empty(Directory.EnumerateFiles(home.Folder, "*.tmp", SearchOption.AllDirectories));
        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
    }

    private static JsonObject ArgumentsOf(string tool, int call) =>
        tool switch
        {
            "ingest_document" => Ingest("."),
            "query_long_context" => new() { ["question"] = "How does a compaction retire segments under a search?" },
            "remove_document" => new() { ["document"] = "." },
            "set_chunking" => new() { ["chunk_size"] = 128 + (64 * (call % 4)), ["apply_to_existing"] = true },
            // Twice and once the trained window, in turns.
            "expand_positional_encoding" => new() { ["model"] = Stories, ["new_length"] = 512 >> (call % 2) },
            "infer_long" => new()
            {
                ["text"] = s_text,
                ["model"] = Stories,
                ["max_windows"] = 1000,
                ["wait_seconds"] = 600,
            },
            _ => [],
        };

    private static JsonObject Ingest(string path) => new() { ["path"] = path, ["wait_seconds"] = 600 };

    /// <summary>No cancelled work continues: a second passes in which the server hardly uses a core, even a busy one.</summary>
    private static async Task AssertIdleAsync(Process server)
    {
        var watch = Stopwatch.StartNew();
        var used = TimeSpan.Zero;
        do
        {
            Assert.True(
                watch.Elapsed < s_prompt,
                $"The server continues with what was cancelled: it used {used.TotalMilliseconds:F0} ms of a second."
            );
            server.Refresh();
            var before = server.TotalProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            server.Refresh();
            used = server.TotalProcessorTime - before;
        } while (used > s_idle);
    }

    private static async Task<ServerHome> HomeAsync(bool needsDecoder)
    {
        var home = await ServerHome.CreateAsync();
        if (needsDecoder)
        {
            var models = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home.Folder, "models") });
            await models.InstallAsync(await TestModels.StoriesAsync(), cancellation: Cancellation);
        }

        return home;
    }
}
