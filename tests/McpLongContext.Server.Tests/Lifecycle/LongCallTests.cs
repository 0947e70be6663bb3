using System.Text.Json.Nodes;

namespace McpLongContext.Server.Tests.Lifecycle;

public sealed class LongCallTests : IDisposable
{
    private const int Files = 2000;

    private readonly TemporaryFolder _folder = new();

    public LongCallTests()
    {
        for (var i = 0; i < Files; i++)
        {
            _folder.Write($"many/{i}.txt", $"Number {i} of very many notes.\n");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_ingest_reports_growing_progress_before_it_answers()
    {
        using var server = new ServerProcess(_folder.PathOf("home"), "--allow-root", _folder.PathOf("many"));
        await server.InitializeAsync();
        var call = Ingest(server);
        var progress = new List<double>();
        while (await server.ReceiveAsync() is { } message && (int?)message["id"] != call)
        {
            Assert.Equal("notifications/progress", (string?)message["method"]);
            Assert.NotNull((string?)message["params"]!["message"]);
            progress.Add((double)message["params"]!["progress"]!);
        }

        Assert.True(progress.Count >= 3, "One at the start, one at every change of stage.");
        Assert.Equal(progress.Distinct().Order(), progress);
    }

    [Fact]
    public async Task A_cancelled_call_stops_its_job_and_keeps_what_was_stored()
    {
        using var server = new ServerProcess(_folder.PathOf("home"), "--allow-root", _folder.PathOf("many"));
        await server.InitializeAsync();
        var call = Ingest(server);
        await server.ReceiveAsync();
        server.Send(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["method"] = "notifications/cancelled",
                ["params"] = new JsonObject { ["requestId"] = call },
            }.ToJsonString()
        );

        Assert.Equal("cancelled", await WaitForFinalStateAsync(server));
        var again = (await server.ReceiveAnswerAsync(Ingest(server)))["result"]!["structuredContent"]!;

        Assert.Equal("lexical_only", (string?)again["state"]);
        Assert.Equal(Files, (int)again["added"]! + (int)again["unchanged"]!);
    }

    [Fact]
    public async Task A_client_that_goes_leaves_no_work_behind()
    {
        using var server = new ServerProcess(_folder.PathOf("home"), "--allow-root", _folder.PathOf("many"));
        await server.InitializeAsync();
        Ingest(server);
        await server.ReceiveAsync();

        server.Input.Close();

        Assert.Equal(0, await server.WaitForExitAsync());
    }

    private int Ingest(ServerProcess server) =>
        Call(server, "ingest_document", new JsonObject { ["path"] = _folder.PathOf("many") });

    private static int Call(ServerProcess server, string tool, JsonObject arguments) =>
        server.Request(
            "tools/call",
            new JsonObject
            {
                ["name"] = tool,
                ["arguments"] = arguments,
                ["_meta"] = new JsonObject { ["progressToken"] = "progress" },
            }
        );

    private static async Task<string?> WaitForFinalStateAsync(ServerProcess server)
    {
        while (true)
        {
            var answer = await server.ReceiveAnswerAsync(Call(server, "ingest_status", []));
            var state = (string?)answer["result"]!["structuredContent"]!["jobs"]!.AsArray().FirstOrDefault()?["state"];
            if (state is not (null or "indexing" or "encoding"))
            {
                return state;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
