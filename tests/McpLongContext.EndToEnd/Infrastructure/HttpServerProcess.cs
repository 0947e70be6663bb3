using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>The server over HTTP, in a process of its own on a free port.</summary>
internal sealed class HttpServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HttpServerProcess(Process process, Uri url) => (_process, Url) = (process, url);

    /// <summary>Where the protocol is.</summary>
    public Uri Url { get; }

    /// <summary>The server's process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The server's resident memory, in MB.</summary>
    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>Starts a server.</summary>
    /// <param name="home">Its data.</param>
    /// <param name="directory">Its working directory, all that it may read.</param>
    /// <param name="environment">Variables of its environment.</param>
    public static async Task<HttpServerProcess> StartAsync(
        ServerHome home,
        string directory,
        params IEnumerable<(string Name, string Value)> environment
    )
    {
        var process = ProgramRun.Start(
            home.ServerCommand[0],
            [.. home.ServerCommand.Skip(1), "serve", "--http", "http://127.0.0.1:0"],
            directory,
            [.. environment, ("MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER", "false")]
        );
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("MCP at ", line);
        return new HttpServerProcess(process, new Uri(line!["MCP at ".Length..]));
    }

    /// <summary>Connects a client and shakes hands.</summary>
    public async Task<HttpSession> ConnectAsync()
    {
        var session = new HttpSession(Url);
        var parameters = new JsonObject
        {
            ["protocolVersion"] = "2025-11-25",
            ["capabilities"] = new JsonObject(),
            ["clientInfo"] = new JsonObject { ["name"] = "bare", ["version"] = "1" },
        };
        Assert.NotNull((await session.RequestAsync("initialize", parameters))["result"]);
        await session.NotifyAsync("notifications/initialized", []);
        return session;
    }

    /// <summary>Asks the process to stop, as a service manager does, and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            _process.Kill();
        }
        else
        {
            using var signal = ProgramRun.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await signal.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
