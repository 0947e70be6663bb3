using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpLongContext.Server.Tests.Lifecycle;

/// <summary>The server as its clients start it: a process of its own, driven line by line.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private int _nextId;

    public ServerProcess(string home, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "mcp-long-context.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["MCP_LONG_CONTEXT_HOME"] = home;
        start.Environment["MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER"] = "false";
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public void Send(string line)
    {
        _process.StandardInput.Write(line + "\n");
        _process.StandardInput.Flush();
    }

    public int Request(string method, JsonObject? parameters = null)
    {
        var id = ++_nextId;
        var request = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["method"] = method,
        };
        if (parameters is not null)
        {
            request["params"] = parameters;
        }

        Send(request.ToJsonString());
        return id;
    }

    public async Task<JsonNode?> ReceiveAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        return line is null ? null : JsonNode.Parse(line, documentOptions: new JsonDocumentOptions { MaxDepth = 256 });
    }

    public async Task<JsonNode> ReceiveAnswerAsync(int id)
    {
        while (true)
        {
            var message = await ReceiveAsync();
            Assert.NotNull(message);
            if (
                message is JsonObject
                && message["id"] is JsonValue value
                && value.TryGetValue<int>(out var found)
                && found == id
            )
            {
                return message;
            }
        }
    }

    public Task<JsonNode> InitializeAsync() =>
        ReceiveAnswerAsync(
            Request(
                "initialize",
                new JsonObject
                {
                    ["protocolVersion"] = "2025-06-18",
                    ["capabilities"] = new JsonObject(),
                    ["clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
                }
            )
        );

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
