using System.Diagnostics;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A silo in a process of its own, as <c>mcp-long-context silo</c> starts one.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private readonly Process _process;

    private SiloProcess(Process process, Uri url) => (_process, Url) = (process, url);

    /// <summary>Where its protocol is.</summary>
    public Uri Url { get; }

    private static string Program { get; } =
        Path.Combine(
            Corpus.Repository,
            "src/McpLongContext.Server/bin",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0/mcp-long-context.dll"
        );

    /// <summary>Starts a silo that joins the one of the test.</summary>
    public static async Task<SiloProcess> StartAsync(string name, TestSilo primary, string home, string root)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER"] = "false" },
            ArgumentList =
            {
                Program,
                "silo",
                "--name",
                name,
                "--home",
                home,
                "--http",
                "http://127.0.0.1:0",
                "--silo-port",
                $"{TestSilo.FreePort()}",
                "--primary",
                $"{primary.SiloPort}",
            },
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var prefix = $"Silo '{name}': MCP at ";
        Assert.StartsWith(prefix, line);
        return new SiloProcess(process, new Uri(line![prefix.Length..]));
    }

    /// <summary>Ends it as a power failure does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
