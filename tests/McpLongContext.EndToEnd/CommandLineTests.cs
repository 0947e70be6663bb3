using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>The command line as scripts use it: arguments, exit codes, JSON on standard output.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task The_whole_job_runs()
    {
        using var home = await ServerHome.CreateAsync();

        var ingest = await RunAsync(home, "ingest", Repository.Tree, "--datastore", "code", "--wait");
        Assert.Equal("complete", ingest["state"]!.GetValue<string>());
        var again = await RunAsync(home, "ingest", Repository.Tree, "--datastore", "code", "--wait");
        Assert.Equal(ingest["added"]!.GetValue<int>(), again["unchanged"]!.GetValue<int>());

        string[] question = ["query", "Who waits when two processes install one model?", "--datastore", "code"];
        var evidence = await RunAsync(home, [.. question, "--top", "5", "--max-tokens", "2000"]);
        var passages = evidence["passages"]!.AsArray();
        Assert.InRange(passages.Count, 1, 5);
        Assert.Contains(
            passages,
            passage => passage!["path"]!.ToString().Contains("Models/", StringComparison.Ordinal)
        );
        var readable = (await home.RunAsync(question)).Expect(0);
        Assert.Contains(passages[0]!["citation"]!.GetValue<string>(), readable.Output);

        var narrowed = await RunAsync(home, [.. question, "--path", "**/Sources/*.cs"]);
        Assert.All(narrowed["passages"]!.AsArray(), one => Assert.Contains("/Sources/", one!["path"]!.ToString()));

        Assert.Contains("code", (await home.RunAsync("datastores", "list")).Expect(0).Output);
        Assert.Contains("InstallLock.cs", (await home.RunAsync("datastores", "show", "code")).Expect(0).Output);
        (await home.RunAsync("datastores", "verify", "code")).Expect(0);
        (await home.RunAsync("datastores", "compact", "code")).Expect(0);
        (await home.RunAsync("datastores", "remove", "code")).Expect(0);
        (await home.RunAsync("query", "anything", "--datastore", "code")).Expect(1);
    }

    [Theory]
    [InlineData(1, "no/such/folder", "ingest", "no/such/folder")]
    [InlineData(1, "nowhere", "query", "why?", "--datastore", "nowhere")]
    [InlineData(2, "QUESTION: missing", "query")]
    [InlineData(2, "--color", "query", "why?", "--color", "red")]
    [InlineData(2, "many", "query", "why?", "--max-tokens", "many")]
    [InlineData(1, "all-minilm-l6-v2", "models", "install", "no-such-model")]
    [InlineData(1, "no-such-model", "models", "remove", "no-such-model")]
    public async Task What_cannot_be_done_is_named_on_standard_error(
        int exitCode,
        string named,
        params string[] command
    )
    {
        using var home = ServerHome.WithoutEncoder();

        var run = (await home.RunAsync(command)).Expect(exitCode);

        Assert.Contains(named, run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("", run.Output);
    }

    private static async Task<JsonNode> RunAsync(ServerHome home, params IEnumerable<string> arguments) =>
        JsonNode.Parse((await home.RunAsync([.. arguments, "--json"])).Expect(0).Output)!;
}
