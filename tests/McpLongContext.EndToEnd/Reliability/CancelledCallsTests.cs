using System.Diagnostics;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A real client cancels calls of every tool in their middle: the call ends at once, the server stops the work, answers
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

    /// <summary>What timers and a rare collection take of a second.</summary>
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
        using var home = await HomeAsync();
        using var tree = new ChangingTree("src/McpLongContext.Storage/Lexical", seed: 3);
        var random = new Random(tool.Length);
        using var server = ProgramRun.Start(home.ServerCommand[0], home.ServerCommand.Skip(1), tree.Root);
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        await using (var client = await ConnectAsync(server))
        {
            await client.CallToolAsync("ingest_document", Ingest("."), cancellationToken: Cancellation);
            for (var call = 0; call < Scale.Of(Calls); call++)
            {
                tree.Change();
                await CancelAsync(client, tool, ArgumentsOf(tool, call), random.Next(LatestMilliseconds));
                var next = client.CallToolAsync("list_datastores", cancellationToken: Cancellation).AsTask();
                Assert.False((await next.WaitAsync(s_prompt, Cancellation)).IsError ?? false);
            }

            await AssertIdleAsync(server);
            var last = await client.CallToolAsync("ingest_document", Ingest("."), cancellationToken: Cancellation);
            Assert.Equal("complete", last.StructuredContent!.Value.GetProperty("state").GetString());
        }

        server.StandardInput.Close();
        await server.WaitForExitAsync(Cancellation).WaitAsync(s_prompt, Cancellation);
        Assert.Equal(0, server.ExitCode);
        Assert.Empty(Directory.EnumerateFiles(home.Folder, "*.tmp", SearchOption.AllDirectories));
        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
    }

    private static Dictionary<string, object?> ArgumentsOf(string tool, int call) =>
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

    private static Dictionary<string, object?> Ingest(string path) => new() { ["path"] = path, ["wait_seconds"] = 600 };

    private static async Task CancelAsync(
        McpClient client,
        string tool,
        Dictionary<string, object?> arguments,
        int milliseconds
    )
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var begun = new TaskCompletionSource();
        var progress = new Progress<ProgressNotificationValue>(_ => begun.TrySetResult());
        var call = client.CallToolAsync(tool, arguments, progress, cancellationToken: cancellation.Token).AsTask();
        if (tool is "ingest_document" or "infer_long")
        {
            // The others do not tell of their progress.
            await Task.WhenAny(call, begun.Task);
        }

        await Task.WhenAny(call, Task.Delay(milliseconds, Cancellation));
        await cancellation.CancelAsync();
        try
        {
            // It may have been faster.
            var result = await call.WaitAsync(s_prompt, Cancellation);
            Assert.False(result.IsError ?? false, (result.Content[0] as TextContentBlock)?.Text);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested) { }
    }

    /// <summary>No cancelled work goes on: a second passes in which the server hardly uses a core, even a busy one.</summary>
    private static async Task AssertIdleAsync(Process server)
    {
        var watch = Stopwatch.StartNew();
        TimeSpan used;
        do
        {
            Assert.True(watch.Elapsed < s_prompt, "The server goes on with what was cancelled.");
            server.Refresh();
            var before = server.TotalProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            server.Refresh();
            used = server.TotalProcessorTime - before;
        } while (used > s_idle);
    }

    private static Task<McpClient> ConnectAsync(Process server) =>
        McpClient.CreateAsync(
            new StreamClientTransport(server.StandardInput.BaseStream, server.StandardOutput.BaseStream),
            cancellationToken: Cancellation
        );

    private static async Task<ServerHome> HomeAsync()
    {
        var home = await ServerHome.CreateAsync();
        var models = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home.Folder, "models") });
        await models.InstallAsync(await TestModels.StoriesAsync(), cancellationToken: Cancellation);
        return home;
    }
}
