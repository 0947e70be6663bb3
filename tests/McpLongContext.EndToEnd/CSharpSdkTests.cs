using System.Text.Json;
using McpLongContext.EndToEnd.Infrastructure;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.EndToEnd;

/// <summary>The C# SDK's client against the server's process.</summary>
public sealed class CSharpSdkTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("2024-11-05")]
    [InlineData("2025-03-26")]
    [InlineData("2025-06-18")]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task Every_protocol_version_is_served(string version)
    {
        using var home = await ServerHome.CreateAsync();
        await using var client = await ConnectAsync(home, version);

        var tools = await client.ListToolsAsync(cancellationToken: Cancellation);
        var list = await CallAsync(client, "list_datastores", []);

        Assert.Equal(version, client.NegotiatedProtocolVersion);
        Assert.Contains(tools, tool => tool.Name == "query_long_context");
        Assert.NotEmpty(list.Content.OfType<TextContentBlock>());
    }

    [Fact]
    public async Task A_long_ingest_goes_on_behind_a_job_handle_while_questions_are_answered()
    {
        using var home = await ServerHome.CreateAsync();
        await using var client = await ConnectAsync(home);

        var begun = await CallAsync(
            client,
            "ingest_document",
            new() { ["path"] = Repository.LargerTree, ["wait_seconds"] = 0 }
        );
        var job = Text(begun, "job");
        var state = Text(begun, "state");
        Assert.Contains(state, (string[])["indexing", "encoding"]);
        var answersMeanwhile = 0;
        while (state is "indexing" or "encoding")
        {
            var status = await CallAsync(client, "ingest_status", new() { ["job"] = job });
            state = status.StructuredContent!.Value.GetProperty("jobs")[0].GetProperty("state").GetString()!;
            if (state == "encoding")
            {
                var result = await CallAsync(client, "query_long_context", new() { ["question"] = "InstallLock" });
                Assert.NotEqual(0, result.StructuredContent!.Value.GetProperty("passages").GetArrayLength());
                answersMeanwhile++;
            }
        }

        Assert.Equal("complete", state);
        Assert.NotEqual(0, answersMeanwhile);
    }

    [Fact]
    public async Task Two_clients_share_one_datastore()
    {
        using var home = await ServerHome.CreateAsync();
        await using var first = await ConnectAsync(home);
        await using var second = await ConnectAsync(home);

        await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .SelectMany(i => new[] { (Client: first, Name: $"a{i}.txt"), (Client: second, Name: $"b{i}.txt") })
                .Select(note =>
                    CallAsync(
                        note.Client,
                        "ingest_document",
                        new()
                        {
                            ["text"] = $"The code word of {note.Name} is zebra.",
                            ["name"] = note.Name,
                            ["wait_seconds"] = 120,
                        }
                    )
                )
        );

        foreach (var client in (McpClient[])[first, second])
        {
            var result = await CallAsync(client, "query_long_context", new() { ["question"] = "code word zebra" });
            var paths = result
                .StructuredContent!.Value.GetProperty("passages")
                .EnumerateArray()
                .Select(passage => passage.GetProperty("path").GetString())
                .ToHashSet();
            Assert.Equal(20, paths.Count);
        }
    }

    [Fact]
    public async Task Without_an_encoder_and_without_npm_the_server_works_by_words_and_says_what_to_run()
    {
        using var home = ServerHome.WithoutEncoder();
        await using var client = await ConnectAsync(home, environment: new() { ["PATH"] = home.Folder });

        var report = await CallAsync(
            client,
            "ingest_document",
            new()
            {
                ["text"] = "The lighthouse keeper is called Ada.",
                ["name"] = "keeper.txt",
                ["wait_seconds"] = 60,
            }
        );
        var result = await CallAsync(client, "query_long_context", new() { ["question"] = "lighthouse keeper" });

        Assert.Equal("lexical_only", Text(report, "state"));
        Assert.Contains("models install", report.StructuredContent!.Value.GetProperty("notes").ToString());
        Assert.Equal(1, result.StructuredContent!.Value.GetProperty("passages").GetArrayLength());
    }

    private static Task<McpClient> ConnectAsync(
        ServerHome home,
        string? version = null,
        Dictionary<string, string?>? environment = null
    ) =>
        McpClient.CreateAsync(
            new StdioClientTransport(
                new StdioClientTransportOptions
                {
                    Command = home.ServerCommand[0],
                    Arguments = [.. home.ServerCommand.Skip(1)],
                    WorkingDirectory = Repository.Root,
                    EnvironmentVariables = environment,
                }
            ),
            new McpClientOptions
            {
                ProtocolVersion = version,
                // The client takes five seconds of silence for an older server; a busy machine may need them to start one.
                DiscoverProbeTimeout = TimeSpan.FromMinutes(1),
            },
            cancellationToken: Cancellation
        );

    private static async Task<CallToolResult> CallAsync(
        McpClient client,
        string tool,
        Dictionary<string, object?> arguments
    )
    {
        var result = await client.CallToolAsync(tool, arguments, cancellationToken: Cancellation);
        Assert.False(
            result.IsError ?? false,
            JsonSerializer.Serialize(result.Content, McpJsonUtilities.DefaultOptions)
        );
        return result;
    }

    private static string Text(CallToolResult result, string property) =>
        result.StructuredContent!.Value.GetProperty(property).GetString()!;
}
