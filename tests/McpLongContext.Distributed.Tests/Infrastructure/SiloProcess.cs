using System.Diagnostics;
using System.Globalization;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A silo in a process of its own, as <c>mcp-long-context silo</c> starts one.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    /// <summary>The token of silos that are reached from elsewhere.</summary>
    public const string Token = "token-of-the-silos-of-a-test-0123456789";

    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    private readonly Process _process;

    private SiloProcess(Process process, Uri url, int siloPort) => (_process, Url, SiloPort) = (process, url, siloPort);

    /// <summary>Where its protocol is.</summary>
    public Uri Url { get; }

    /// <summary>The port at which other silos join it.</summary>
    public int SiloPort { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The program of a checkout, as this configuration builds it.</summary>
    public static string ProgramOf(string checkout) =>
        Path.Combine(
            checkout,
            "src/McpLongContext.Server/bin",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0/mcp-long-context.dll"
        );

    /// <summary>Starts a silo that joins the one of the test.</summary>
    public static Task<SiloProcess> StartAsync(string name, TestSilo primary, string home, string root) =>
        StartAsync(name, home, root, "127.0.0.1", ["--primary", $"{primary.SiloPort}"]);

    /// <summary>Starts a silo.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="home">The home.</param>
    /// <param name="root">The working directory.</param>
    /// <param name="address">Where its protocol is.</param>
    /// <param name="options">How it joins the others.</param>
    /// <param name="within">The program and its arguments that run it, such as those of a network namespace.</param>
    /// <param name="program">The program of the silo; that of this checkout by default.</param>
    public static async Task<SiloProcess> StartAsync(
        string name,
        string home,
        string root,
        string address,
        string[] options,
        string[]? within = null,
        string? program = null
    )
    {
        var port = TestSilo.FreePort();
        string[] command =
        [
            .. within ?? [],
            "dotnet",
            program ?? ProgramOf(Corpus.Repository),
            "silo",
            "--name",
            name,
            "--home",
            home,
            "--http",
            $"http://{address}:0",
            "--silo-port",
            $"{port}",
            .. options,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER"] = "false" },
        };
        if (address != "127.0.0.1")
        {
            start.Environment["MCP_LONG_CONTEXT_TOKEN"] = Token;
        }

        var process = Process.Start(start)!;
        try
        {
            return new SiloProcess(process, await UrlOfAsync(name, process), port);
        }
        catch
        {
            await EndAsync(process);
            throw;
        }
    }

    /// <summary>Where the protocol of a silo that starts is.</summary>
    private static async Task<Uri> UrlOfAsync(string name, Process process)
    {
        var told = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            lock (told)
            {
                told.Add(line.Data ?? "");
            }
        };
        process.BeginErrorReadLine();
        var first = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var prefix = $"Silo '{name}': MCP at ";
        lock (told)
        {
            Assert.True(
                first?.StartsWith(prefix, StringComparison.Ordinal),
                $"Silo '{name}' did not start: {string.Join('\n', told)}"
            );
        }

        return new Uri(first![prefix.Length..]);
    }

    /// <summary>Ends it as a power failure does.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Stops it where it is, as a machine that swaps does.</summary>
    public void Pause() => Signal(Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => Signal(Continue);

    /// <summary>Tells it to end, as a service manager does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        Signal(Terminate);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync() => await EndAsync(_process);

    /// <summary>Leaves no process, whatever has happened to the test.</summary>
    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    private void Signal(int signal)
    {
        var id = _process.Id.ToString(CultureInfo.InvariantCulture);
        using var kill = Process.Start("kill", [$"-{signal}", id]);
        kill.WaitForExit();
    }
}
