namespace McpLongContext.Server.Tests.Lifecycle;

public sealed class HostileInputTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task What_a_client_asks_wrongly_is_a_line_in_the_log_and_no_stack_trace()
    {
        using (var server = new ServerProcess(_home.PathOf("")))
        {
            await server.InitializeAsync();
            await AskAsync(server, "resources/read", new() { ["uri"] = "longcontext://nowhere/a.md" });
            await AskAsync(server, "tools/call", new() { ["name"] = "no_tool" });
            await AskAsync(server, "prompts/get", new() { ["name"] = "no_prompt" });
            server.Input.Close();
            await server.WaitForExitAsync();
        }

        var log = await File.ReadAllTextAsync(
            Directory.GetFiles(_home.PathOf("logs")).Single(),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("[WRN] resources/read refused: There is no datastore 'nowhere'", log);
        Assert.Contains("[WRN] tools/call refused: Unknown tool: 'no_tool'", log);
        Assert.Contains("[WRN] prompts/get refused: Unknown prompt: 'no_prompt'", log);
        Assert.DoesNotContain("Exception", log);
        Assert.DoesNotContain("[ERR]", log);

        static async Task AskAsync(ServerProcess server, string method, System.Text.Json.Nodes.JsonObject parameters) =>
            Assert.NotNull((await server.ReceiveAnswerAsync(server.Request(method, parameters)))["error"]);
    }

    [Fact]
    public async Task Whatever_comes_in_the_next_request_is_answered()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        string[] lines =
        [
            "{",
            "garbage",
            "[]",
            "null",
            "\"x\"",
            "\0\u0001",
            "{}",
            """{"jsonrpc":"2.0"}""",
            """{"jsonrpc":"1.0","id":1000,"method":"ping"}""",
            """{"jsonrpc":"2.0","id":1001,"method":5}""",
            """{"jsonrpc":"2.0","id":{},"method":"ping"}""",
            """{"jsonrpc":"2.0","id":1.5,"method":"ping"}""",
            """{"jsonrpc":"2.0","id":99999999999999999999999,"method":"ping"}""",
            """{"jsonrpc":"2.0","id":"\ud800","method":"ping"}""",
            """[{"jsonrpc":"2.0","id":1002,"method":"ping"}]""",
            """{"jsonrpc":"2.0","id":1003,"method":"no/such"}""",
            """{"jsonrpc":"2.0","id":1004,"method":"tools/call"}""",
            """{"jsonrpc":"2.0","id":1005,"method":"tools/call","params":[]}""",
            """{"jsonrpc":"2.0","id":1006,"method":"tools/call","params":{"name":null}}""",
            """{"jsonrpc":"2.0","id":1007,"method":"tools/call","params":{"name":"query_long_context","arguments":[]}}""",
            """{"jsonrpc":"2.0","id":1008,"method":"resources/read","params":{"uri":5}}""",
            """{"jsonrpc":"2.0","id":1009,"method":"prompts/get","params":{"name":"ask_repository"}}""",
            """{"jsonrpc":"2.0","id":7,"result":{}}""",
            """{"jsonrpc":"2.0","id":7,"error":5}""",
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}""",
            $$$"""{"jsonrpc":"2.0","id":1010,"method":"tools/call","params":{{{new string('[', 10_000)}}}{{{new string(']', 10_000)}}}}""",
        ];
        foreach (var line in lines)
        {
            server.Send(line);
            server.Send(line);
            var answer = await server.ReceiveAnswerAsync(server.Request("ping"));

            Assert.NotNull(answer["result"]);
        }
    }

    [Fact]
    public async Task A_line_beyond_the_limit_is_refused_under_its_id()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        var block = new string('x', 1 << 20);
        server.Input.Write(
            """{"jsonrpc":"2.0","id":5000,"method":"tools/call","params":{"name":"x","arguments":{"x":" """
        );
        for (var i = 0; i < 24; i++)
        {
            server.Input.Write(block);
        }

        server.Send("\"}}}");

        var refused = await server.ReceiveAnswerAsync(5000);
        Assert.Equal(-32700, (int?)refused["error"]!["code"]);
        Assert.NotNull((await server.ReceiveAnswerAsync(server.Request("ping")))["result"]);
    }

    [Fact]
    public async Task Malformed_parameters_are_explained()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        server.Send(
            """{"jsonrpc":"2.0","id":77,"method":"tools/call","params":{"name":"list_datastores","arguments":[]}}"""
        );

        var error = (await server.ReceiveAnswerAsync(77))["error"]!;

        Assert.Equal(-32602, (int?)error["code"]);
        Assert.StartsWith("The parameters are malformed: ", (string?)error["message"], StringComparison.Ordinal);
    }
}
