using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd;

/// <summary>A long inference that is stopped in its middle, on the command line and by a client, loses nothing.</summary>
public sealed class CancelledInferenceTests
{
    private const string Model = "stories15m";
    private const string Sentence = "Once upon a time there was a little red boat that wanted to see the big sea. ";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_interrupted_command_writes_what_it_has_and_a_cursor_to_go_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs env --default-signal.");
        using var home = await HomeAsync();
        var book = Path.Combine(home.Folder, "book.txt");
        await File.WriteAllTextAsync(book, string.Concat(Enumerable.Repeat(Sentence + "\n", 40_000)), Cancellation);

        // A shell's background job ignores interrupts, and so do its children; env takes that from them.
        using var process = ProgramRun.Start(
            "env",
            ["--default-signal=INT", .. home.ServerCommand, "infer", book, "--model", Model, "--json"]
        );
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        while (
            !(await process.StandardError.ReadLineAsync(Cancellation))!.Contains("; done: ", StringComparison.Ordinal)
        ) { }

        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        var rest = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);

        Assert.True(process.ExitCode == 130, $"{process.ExitCode}: {rest}");
        var report = JsonDocument.Parse(await output).RootElement;
        Assert.Equal("cancelled", report.GetProperty("state").GetString());
        var tokens = AssertTiles(report);
        var next = await home.RunAsync(
            "infer",
            book,
            "--model",
            Model,
            "--json",
            "--max-windows",
            "1",
            "--cursor",
            report.GetProperty("next_cursor").GetString()!
        );
        var window = JsonDocument.Parse(next.Expect(0).Output).RootElement.GetProperty("windows")[0];
        var last = report.GetProperty("windows").EnumerateArray().Last();
        var partial = last.GetProperty("partial").GetBoolean() ? last.GetProperty("tokens").GetInt32() : 0;
        Assert.Equal(tokens - partial, window.GetProperty("first_token").GetInt32());
    }

    [Fact]
    public async Task A_call_that_a_client_cancels_keeps_its_windows_for_the_same_call_again()
    {
        using var home = await HomeAsync();
        using var server = ProgramRun.Start(home.ServerCommand[0], home.ServerCommand.Skip(1), Repository.Root);
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        var clientInfo = new { name = "bare", version = "1" };
        await SendAsync(
            server,
            1,
            "initialize",
            new
            {
                protocolVersion = "2025-11-25",
                capabilities = new { },
                clientInfo,
            }
        );
        await ReadAsync(server, message => message["id"]?.ToString() == "1");
        await SendAsync(server, null, "notifications/initialized", new { });

        await SendAsync(server, 2, "tools/call", Call(windows: 1000));
        await ReadAsync(
            server,
            message =>
                message["params"]?["message"] is { } told
                && told.ToString().Contains("; done: ", StringComparison.Ordinal)
        );
        await SendAsync(server, null, "notifications/cancelled", new { requestId = 2 });
        await SendAsync(server, 3, "tools/call", Call(windows: 1));
        var again = await ReadAsync(server, message => message["id"]?.ToString() == "3");
        server.StandardInput.Close();
        await server.WaitForExitAsync(Cancellation);

        var report = again["result"]!["structuredContent"]!.Deserialize<JsonElement>();
        Assert.Equal("paused", report.GetProperty("state").GetString());
        // One at least that the cancelled call had finished, and the one of this call.
        Assert.InRange(report.GetProperty("windows").GetArrayLength(), 2, 300);
        AssertTiles(report);
    }

    private static object Call(int windows) =>
        new
        {
            name = "infer_long",
            arguments = new
            {
                text = string.Concat(Enumerable.Repeat(Sentence, 4_000)),
                model = Model,
                max_windows = windows,
                wait_seconds = 300,
            },
            _meta = new { progressToken = "p" },
        };

    private static async Task SendAsync(Process server, int? id, string method, object parameters)
    {
        var message = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["method"] = method,
            ["params"] = JsonSerializer.SerializeToNode(parameters),
        };
        if (id is not null)
        {
            message["id"] = id;
        }

        await server.StandardInput.WriteLineAsync(message.ToJsonString().AsMemory(), Cancellation);
        await server.StandardInput.FlushAsync(Cancellation);
    }

    /// <summary>The next message that is wanted; others are passed over.</summary>
    private static async Task<JsonNode> ReadAsync(Process server, Func<JsonNode, bool> isWanted)
    {
        while (true)
        {
            var line =
                await server.StandardOutput.ReadLineAsync(Cancellation)
                ?? throw new InvalidOperationException("The server closed its standard output.");
            if (JsonNode.Parse(line) is { } message && isWanted(message))
            {
                return message;
            }
        }
    }

    /// <summary>Every token up to the last one is covered exactly once.</summary>
    /// <returns>How many.</returns>
    private static int AssertTiles(JsonElement report)
    {
        var covered = 0;
        foreach (var window in report.GetProperty("windows").EnumerateArray())
        {
            Assert.Equal(covered, window.GetProperty("first_token").GetInt32());
            covered += window.GetProperty("tokens").GetInt32();
        }

        Assert.Equal(covered, report.GetProperty("tokens").GetInt32());
        return covered;
    }

    private static async Task<ServerHome> HomeAsync()
    {
        var home = ServerHome.WithoutEncoder();
        var models = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home.Folder, "models") });
        await models.InstallAsync(await TestModels.StoriesAsync(), cancellation: Cancellation);
        return home;
    }
}
