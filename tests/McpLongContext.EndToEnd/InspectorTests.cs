using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>The MCP Inspector's command line, a strict client, in both eras of the protocol.</summary>
public sealed class InspectorTests
{
    private const string Inspector = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";

    /// <summary>The Inspector's exit code for a tool's own error.</summary>
    private const int ToolError = 5;

    [Theory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task The_whole_job_runs(string era)
    {
        using var home = await ServerHome.CreateAsync();

        var tools = await InspectAsync("tools/list", "--strict");
        Assert.True(tools["tools"]!.AsArray().Count >= 6);

        var report = await CallAsync("ingest_document", new { path = Repository.Tree, wait_seconds = 230 });
        Assert.Equal("complete", report["state"]!.GetValue<string>());

        var result = await CallAsync(
            "query_long_context",
            new { question = "What keeps two processes from installing the same model at once?", top_k = 3 }
        );
        var best = result["passages"]!.AsArray()[0]!;
        var path = best["path"]!.GetValue<string>();
        var start = best["start_line"]!.GetValue<int>();
        var end = best["end_line"]!.GetValue<int>();
        Assert.StartsWith(Repository.Tree, path);
        Assert.Equal(Repository.Lines(path, start, end), best["text"]!.GetValue<string>().TrimEnd());

        var resources = await InspectAsync("resources/list");
        var document = resources["resources"]!.AsArray().Single(one => one!["name"]!.GetValue<string>() == path);
        var uri = $"{document!["uri"]}?lines={start}-{end}";
        var lines = await InspectAsync("resources/read", "--uri", uri);
        Assert.Equal(Repository.Lines(path, start, end), lines["contents"]![0]!["text"]!.GetValue<string>().TrimEnd());

        var prompts = await InspectAsync("prompts/list");
        Assert.Equal(2, prompts["prompts"]!.AsArray().Count);

        var refused = await RunAsync("tools/call", "--tool-name", "query_long_context", "--tool-args-json", "{}");
        Assert.Contains("question", refused.Expect(ToolError).Output);

        async Task<JsonNode> CallAsync(string tool, object arguments)
        {
            var json = JsonSerializer.Serialize(arguments);
            return (await InspectAsync("tools/call", "--tool-name", tool, "--tool-args-json", json))[
                "structuredContent"
            ]!;
        }

        async Task<JsonNode> InspectAsync(string method, params string[] arguments)
        {
            var run = await RunAsync(method, arguments);
            return JsonNode.Parse(run.Expect(0).Output)!["result"]!;
        }

        Task<ProgramRun> RunAsync(string method, params string[] arguments) =>
            NodeClients.RunPackageAsync(
                Inspector,
                [
                    "--cli",
                    .. home.ServerCommand,
                    "--protocol-era",
                    era,
                    "--format",
                    "json",
                    "--method",
                    method,
                    .. arguments,
                ]
            );
    }
}
