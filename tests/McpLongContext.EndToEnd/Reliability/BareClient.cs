using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A client on the bare streams of a server's process: it can send what no SDK sends, and kill. Everything the server
/// writes must be a message of the protocol.
/// </summary>
internal sealed class BareClient : IAsyncDisposable
{
    // What takes longer hangs, even on a machine that is busy with more than it can do.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode>> _waiting = new(
        StringComparer.Ordinal
    );
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private volatile TaskCompletionSource _mayRead = new();
    private int _nextId;

    private BareClient(Process process, bool readsErrors)
    {
        _process = process;
        if (readsErrors)
        {
            _process.ErrorDataReceived += static (_, _) => { };
            _process.BeginErrorReadLine();
        }

        GoOnReading();
        _reading = ReadAsync();
    }

    /// <summary>The server's process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether the server has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The server's resident memory, in MB.</summary>
    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>The part of it that holds no file, in MB: the heaps and the stacks. Only on Linux, otherwise 0.</summary>
    public double PrivateMegabytes =>
        OperatingSystem.IsLinux()
            ? File.ReadLines($"/proc/{_process.Id}/status")
                .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
                .Sum(line => double.Parse(line.Split(' ')[^2], CultureInfo.InvariantCulture) / 1024)
            : 0;

    /// <summary>Starts a server and shakes hands.</summary>
    /// <param name="home">Its data.</param>
    /// <param name="directory">Its working directory, all that it may read.</param>
    /// <param name="readsErrors">Whether its standard error is read.</param>
    /// <param name="environment">Variables of its environment.</param>
    public static async Task<BareClient> StartAsync(
        ServerHome home,
        string directory,
        bool readsErrors = true,
        IEnumerable<(string Name, string Value)>? environment = null
    )
    {
        var client = new BareClient(
            ProgramRun.Start(
                home.ServerCommand[0],
                home.ServerCommand.Skip(1),
                directory,
                [.. environment ?? [], ("MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER", "false")]
            ),
            readsErrors
        );
        var parameters = new JsonObject
        {
            ["protocolVersion"] = "2025-06-18",
            ["capabilities"] = new JsonObject(),
            ["clientInfo"] = new JsonObject { ["name"] = "bare", ["version"] = "1" },
        };
        Assert.NotNull((await client.RequestAsync("initialize", parameters))["result"]);
        await client.NotifyAsync("notifications/initialized", []);
        return client;
    }

    /// <summary>Calls a tool.</summary>
    /// <returns>The whole answer: a result, an error of the tool or of the protocol.</returns>
    public Task<JsonNode> CallAsync(string tool, JsonObject arguments) => CallAsync(tool, arguments, out _);

    /// <summary>Calls a tool.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="id">The id of the request, to cancel it by.</param>
    public Task<JsonNode> CallAsync(string tool, JsonObject arguments, out string id) =>
        RequestAsync("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments }, out id);

    /// <summary>Sends a request and waits for its answer.</summary>
    public Task<JsonNode> RequestAsync(string method, JsonObject parameters) => RequestAsync(method, parameters, out _);

    /// <summary>Sends a notification.</summary>
    public Task NotifyAsync(string method, JsonObject parameters) =>
        WriteAsync(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["method"] = method,
                ["params"] = parameters,
            }
        );

    /// <summary>Sends bytes as they are.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(bytes);
            await _process.StandardInput.BaseStream.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Reads nothing more of what the server writes, but what is on its way.</summary>
    public void StopReading() =>
        _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads again.</summary>
    public void GoOnReading() => _mayRead.TrySetResult();

    /// <summary>Closes the server's input.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> CloseAsync()
    {
        await CloseInputAsync();
        await _reading;
        return _process.ExitCode;
    }

    /// <summary>Closes the server's input and waits for its end, whatever of its output is unread.</summary>
    public async Task CloseInputAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(s_patience);
    }

    /// <summary>Kills the server; calls in flight fail.</summary>
    public async Task KillAsync()
    {
        GoOnReading();
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        await _reading;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        _writing.Dispose();
    }

    private async Task<JsonNode> AnswerAsync(string id, string method, JsonObject parameters)
    {
        var answer = _waiting[id];
        await WriteAsync(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = id,
                ["method"] = method,
                ["params"] = parameters,
            }
        );
        return await answer.Task.WaitAsync(s_patience);
    }

    private Task<JsonNode> RequestAsync(string method, JsonObject parameters, out string id)
    {
        id = $"bare-{Interlocked.Increment(ref _nextId)}";
        _waiting[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        return AnswerAsync(id, method, parameters);
    }

    private Task WriteAsync(JsonObject message) => WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"));

    private async Task<string?> ReadLineAsync()
    {
        await _mayRead.Task;
        return await _process.StandardOutput.ReadLineAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await ReadLineAsync() is { } line)
            {
                Receive(JsonNode.Parse(line, documentOptions: new() { MaxDepth = 256 })!);
            }
        }
        finally
        {
            // A server that ended may have left half a message, and so may one that is at fault.
            foreach (var (_, answer) in _waiting)
            {
                answer.TrySetException(new IOException("The server closed its output."));
            }
        }
    }

    private void Receive(JsonNode message)
    {
        if (message is JsonArray batch)
        {
            foreach (var one in batch)
            {
                Receive(one!);
            }

            return;
        }

        Assert.Equal("2.0", message["jsonrpc"]!.GetValue<string>());
        if (
            message["method"] is null
            && message["id"] is JsonValue id
            && id.TryGetValue<string>(out var name)
            && _waiting.TryRemove(name, out var answer)
        )
        {
            answer.SetResult(message);
        }
    }
}
