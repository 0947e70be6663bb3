using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>Our server in a process of its own, spoken to as an MCP client does: a line of JSON-RPC each way.</summary>
internal sealed class ServerSession : IDisposable
{
    private readonly Process _process;
    private int _id;

    private ServerSession(Process process) => _process = process;

    /// <summary>Memory in use now, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Used until now by all cores.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts the server, which may read these folders, and shakes hands.</summary>
    public static ServerSession Start(Home home, params string[] folders)
    {
        var start = home.Command([.. folders.SelectMany(folder => (string[])["--allow-root", folder])]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var session = new ServerSession(process);
        session.Request(
            "initialize",
            new JsonObject
            {
                ["protocolVersion"] = "2025-11-25",
                ["capabilities"] = new JsonObject(),
                ["clientInfo"] = new JsonObject { ["name"] = "benchmarks", ["version"] = "1" },
            }
        );
        session.Send(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" });
        return session;
    }

    /// <summary>Asks for evidence; returns the seconds until it is here.</summary>
    public double Query(string question)
    {
        var watch = Stopwatch.StartNew();
        Call("query_long_context", new JsonObject { ["question"] = question, ["answer"] = "never" });
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Calls a tool; returns its structured result.</summary>
    public JsonElement Call(string tool, JsonObject arguments)
    {
        var result = Request("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments });
        return result.TryGetProperty("isError", out var isError) && isError.GetBoolean()
            ? throw new InvalidOperationException($"{tool} failed: {result}")
            : result.GetProperty("structuredContent");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonElement Request(string method, JsonObject parameters)
    {
        var id = ++_id;
        Send(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = id,
                ["method"] = method,
                ["params"] = parameters,
            }
        );
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            var message = JsonDocument.Parse(line).RootElement;
            if (message.TryGetProperty("id", out var of) && of.GetInt32() == id)
            {
                return message.TryGetProperty("result", out var result)
                    ? result
                    : throw new InvalidOperationException($"{method}: {line}");
            }
        }

        throw new InvalidOperationException($"The server ended during {method}.");
    }

    private void Send(JsonObject message)
    {
        _process.StandardInput.WriteLine(message.ToJsonString());
        _process.StandardInput.Flush();
    }
}
