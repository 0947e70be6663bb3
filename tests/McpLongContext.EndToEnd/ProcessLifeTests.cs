using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>How the server's process begins and ends, seen on its bare streams.</summary>
public sealed class ProcessLifeTests
{
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_process_ends_with_its_client_in_the_middle_of_work()
    {
        using var home = await ServerHome.CreateAsync();
        using var server = Start(home);
        await HandshakeAsync(server);
        await SendAsync(server, Ingest(id: 2, path: "src"));
        await WaitForProgressAsync(server);

        server.StandardInput.Close();

        using var limit = new CancellationTokenSource(s_prompt);
        await server.WaitForExitAsync(limit.Token);
        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task What_a_killed_process_had_acknowledged_is_there_and_the_rest_is_ingested_again()
    {
        using var home = await ServerHome.CreateAsync();
        (await home.RunAsync("ingest", Repository.Tree, "--wait")).Expect(0);
        using (var server = Start(home))
        {
            await HandshakeAsync(server);
            await SendAsync(server, Ingest(id: 2, path: "src"));
            await WaitForProgressAsync(server);
            server.Kill();
            await server.WaitForExitAsync(Cancellation);
        }

        var query = await home.RunAsync("query", "InstallLock", "--json", "--path", Repository.Tree + "/**");
        var passages = JsonNode.Parse(query.Expect(0).Output)!["passages"]!.AsArray();
        Assert.Contains("InstallLock", passages[0]!["text"]!.GetValue<string>());
        (await home.RunAsync("datastores", "verify", "default")).Expect(0);
        (await home.RunAsync("ingest", Repository.Tree, "--wait")).Expect(0);
    }

    [Fact]
    public async Task Standard_output_carries_messages_of_the_protocol_and_nothing_else()
    {
        using var home = await ServerHome.CreateAsync();
        using var server = Start(home);
        await HandshakeAsync(server);
        await SendAsync(server, "this is not JSON");
        await SendAsync(server, Ingest(id: 2, path: Repository.Tree));
        string line;
        do
        {
            line = await ReadAsync(server);
            Assert.Equal("2.0", JsonNode.Parse(line)!["jsonrpc"]!.GetValue<string>());
        } while (JsonNode.Parse(line)!["id"]?.ToString() != "2");

        server.StandardInput.Close();
        Assert.Equal("", (await server.StandardOutput.ReadToEndAsync(Cancellation)).Trim());
    }

    [Fact]
    public async Task A_client_that_did_not_wait_for_a_slow_start_is_answered_when_it_begins_anew()
    {
        using var home = await ServerHome.CreateAsync();
        using var server = Start(home);
        var discover = """
            {"jsonrpc":"2.0","id":0,"method":"server/discover","params":{"_meta":{
            "io.modelcontextprotocol/protocolVersion":"2026-07-28",
            "io.modelcontextprotocol/clientInfo":{"name":"bare","version":"1"},
            "io.modelcontextprotocol/clientCapabilities":{}}}}
            """;
        await SendAsync(server, discover.ReplaceLineEndings(""));

        await HandshakeAsync(server);

        server.StandardInput.Close();
        await server.WaitForExitAsync(Cancellation).WaitAsync(s_prompt, Cancellation);
        Assert.Equal(0, server.ExitCode);
    }

    private static Process Start(ServerHome home)
    {
        var server = ProgramRun.Start(home.ServerCommand[0], home.ServerCommand.Skip(1), Repository.Root);
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        return server;
    }

    private static async Task HandshakeAsync(Process server)
    {
        var initialize = new
        {
            protocolVersion = "2025-11-25",
            capabilities = new { },
            clientInfo = new { name = "bare", version = "1" },
        };
        await SendAsync(
            server,
            Message(
                new
                {
                    id = 1,
                    method = "initialize",
                    @params = initialize,
                }
            )
        );
        var answer = JsonNode.Parse(await ReadAsync(server))!;
        Assert.Equal("1", answer["id"]?.ToString());
        Assert.NotNull(answer["result"]);
        await SendAsync(server, Message(new { method = "notifications/initialized" }));
    }

    private static string Ingest(int id, string path) =>
        Message(
            new
            {
                id,
                method = "tools/call",
                @params = new
                {
                    name = "ingest_document",
                    arguments = new { path, wait_seconds = 200 },
                    _meta = new { progressToken = "p" },
                },
            }
        );

    private static string Message(object content)
    {
        var message = JsonSerializer.SerializeToNode(content)!.AsObject();
        message["jsonrpc"] = "2.0";
        return message.ToJsonString();
    }

    private static async Task SendAsync(Process server, string message)
    {
        await server.StandardInput.WriteLineAsync(message.AsMemory(), Cancellation);
        await server.StandardInput.FlushAsync(Cancellation);
    }

    private static async Task<string> ReadAsync(Process server) =>
        await server.StandardOutput.ReadLineAsync(Cancellation)
        ?? throw new InvalidOperationException("The server closed its standard output.");

    private static async Task WaitForProgressAsync(Process server)
    {
        while (JsonNode.Parse(await ReadAsync(server))!["method"]?.ToString() != "notifications/progress") { }
    }
}
