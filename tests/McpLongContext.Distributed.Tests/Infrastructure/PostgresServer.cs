using System.Diagnostics;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A PostgreSQL of the system, with a database of its own for a test.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";

    private readonly string _folder;
    private readonly int _port = TestSilo.FreePort();
    private readonly string _address;
    private Process? _server;

    private PostgresServer(string folder, string address) => (_folder, _address) = (folder, address);

    /// <summary>How silos reach it.</summary>
    public string Connection =>
        $"Host={_address};Port={_port};Username={User};Database={User};Timeout=5;Command Timeout=5";

    private static string? Programs { get; } =
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .EnumerateDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            : null;

    /// <summary>Starts one; skips the test, with the reason, where there is none.</summary>
    /// <param name="address">Where it listens.</param>
    public static async Task<PostgresServer> StartAsync(string address = "127.0.0.1")
    {
        Assert.SkipWhen(Programs is null, "There is no PostgreSQL: apt-get install postgresql.");
        var server = new PostgresServer(Path.Combine(Path.GetTempPath(), $"postgres-{Guid.NewGuid():N}"), address);
        try
        {
            await Shell.RunAsync(server.Command("initdb", "-D", server._folder, "-A", "trust", "-U", User));
            await File.AppendAllTextAsync(Path.Combine(server._folder, "pg_hba.conf"), "host all all samenet trust\n");
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it as a crash does.</summary>
    public async Task StopAsync()
    {
        await Shell.RunAsync(Command("pg_ctl", "-D", _folder, "-m", "immediate", "-w", "stop"));
        await _server!.WaitForExitAsync();
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAgainAsync()
    {
        var command = Command("postgres", "-D", _folder, "-p", $"{_port}", "-k", _folder, "-h", _address);
        _server?.Dispose();
        _server = Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardError = true,
                UseShellExecute = false,
                WorkingDirectory = Path.GetTempPath(),
            }
        )!;
        _server.ErrorDataReceived += static (_, _) => { };
        _server.BeginErrorReadLine();
        var ready = Command("pg_isready", "-h", _address, "-p", $"{_port}", "-q");
        while ((await Shell.TryRunAsync(ready)).Code != 0)
        {
            Assert.False(_server.HasExited, "PostgreSQL has ended.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false } server)
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(CancellationToken.None);
        }

        _server?.Dispose();

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A program of it; it refuses to run as root.</summary>
    private string[] Command(string program, params string[] arguments) =>
        [
            .. Environment.IsPrivilegedProcess
                ? new[] { "setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups" }
                : [],
            Path.Combine(Programs!, program),
            .. arguments,
        ];
}
