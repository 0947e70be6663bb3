using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.EndToEnd.Reliability;

namespace McpLongContext.EndToEnd;

/// <summary>The telemetry of a server, seen from the collector.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Document = "zirconium";
    private const string Query = "palladium";
    private const string File = "ytterbium";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("telemetry-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Operations_are_exported_and_no_text_query_or_path(bool overHttp)
    {
        await using var collector = new OtlpCollector();
        using var home = await ServerHome.CreateAsync();
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, $"{File}.md"),
            $"# Metals\n\nThe {Document} is kept in the second cellar.\n",
            TestContext.Current.CancellationToken
        );
        if (overHttp)
        {
            await using var server = await HttpServerProcess.StartAsync(home, _folder.FullName, collector.Environment);
            using var client = await server.ConnectAsync();
            await WorkAsync(client.RequestAsync);
            var page = new Uri(server.Url, $"/datastores/default/document?path={File}.md");
            Assert.Contains(Document, await client.GetAsync(page));
            await WaitAsync(collector);
            await server.StopAsync();
        }
        else
        {
            await using var server = await BareClient.StartAsync(
                home,
                _folder.FullName,
                environment: collector.Environment
            );
            await WorkAsync(server.RequestAsync);
            await WaitAsync(collector);
            await server.CloseAsync();
        }

        var sent = collector.Text("metrics") + collector.Text("traces");
        Assert.All(
            (string[])[Document, Query, File, _folder.FullName, home.Folder],
            secret => Assert.DoesNotContain(secret, sent, StringComparison.OrdinalIgnoreCase)
        );
    }

    [Fact]
    public async Task A_collector_that_does_not_answer_holds_neither_answers_nor_the_end()
    {
        await using var collector = new OtlpCollector(answers: false);
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(
            home,
            _folder.FullName,
            environment: collector.Environment
        );
        Assert.NotNull((await server.CallAsync("list_datastores", []))["result"]);

        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await server.CloseAsync());

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 8);
    }

    [Fact]
    public async Task An_endpoint_that_is_no_URL_is_refused_with_the_remedy()
    {
        using var home = ServerHome.WithoutEncoder();
        using var process = home.Start(["serve"], ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost"));
        process.StandardInput.Close();

        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost' is no URL", error);
        Assert.Contains("http://localhost:4317", error);
    }

    private static async Task WaitAsync(OtlpCollector collector)
    {
        await collector.WaitForAsync(
            "metrics",
            "mcp.server.operation.duration",
            "gen_ai.client.operation.duration",
            "gen_ai.client.token.usage",
            "mcp_long_context.job.duration",
            "mcp_long_context.datastore.size",
            "mcp_long_context.queries.active",
            "mcp_long_context.search.token_embeddings",
            "mcp_long_context.cache.lookups",
            "query_long_context",
            "mcp-long-context"
        );
        await collector.WaitForAsync(
            "traces",
            "tools/call query_long_context",
            "retrieval",
            "job ingest",
            "tool_error",
            "resources/read"
        );
    }

    private static async Task WorkAsync(Func<string, JsonObject, Task<JsonNode>> request)
    {
        await CallAsync("ingest_document", new() { ["path"] = $"{File}.md", ["wait_seconds"] = 50 });
        var found = await CallAsync("query_long_context", new() { ["question"] = $"Where is the {Query} cellar?" });
        Assert.Contains(Document, found.ToJsonString());
        var resource = new JsonObject { ["uri"] = $"longcontext://default/{File}.md" };
        Assert.Contains(Document, (await request("resources/read", resource)).ToJsonString());
        var refused = await CallAsync("ingest_document", new() { ["path"] = $"{File}-{Query}.md" });
        Assert.True((bool)refused["result"]!["isError"]!);
        var missing = new JsonObject { ["uri"] = $"longcontext://default/{File}-{Query}.md" };
        Assert.NotNull((await request("resources/read", missing))["error"]);

        Task<JsonNode> CallAsync(string tool, JsonObject arguments) =>
            request("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments });
    }
}
