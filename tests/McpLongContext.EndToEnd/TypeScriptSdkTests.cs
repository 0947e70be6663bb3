using System.Text.Json;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>The TypeScript SDK, in both lines that are in use, runs the whole job; <c>clients/job.mjs</c> has the steps.</summary>
public sealed class TypeScriptSdkTests
{
    [Theory]
    [InlineData("@modelcontextprotocol/sdk", "2025-11-25")]
    [InlineData("@modelcontextprotocol/client", "2026-07-28")]
    public async Task The_whole_job_runs(string sdk, string version)
    {
        using var home = await ServerHome.CreateAsync();
        var job = JsonSerializer.Serialize(
            new
            {
                sdk,
                version,
                server = home.ServerCommand,
                directory = Repository.Root,
                tree = Repository.Tree,
                outside = home.Folder,
            }
        );

        var run = await NodeClients.RunScriptAsync("job.mjs", job);

        run.Expect(0);
        TestContext.Current.TestOutputHelper?.WriteLine(run.Output);
    }
}
