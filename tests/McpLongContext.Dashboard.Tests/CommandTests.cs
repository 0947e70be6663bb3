using System.Diagnostics;

namespace McpLongContext.Dashboard.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task The_command_serves_the_dashboard_on_loopback_and_says_where()
    {
        var home = Directory.CreateTempSubdirectory("dashboard-command-");
        using var process = Start(home, "--http", "0", "--no-browser");
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("Dashboard at http://127.0.0.1:", line, StringComparison.Ordinal);
            using var client = new HttpClient();

            var page = await client.GetStringAsync(line!.Split(' ', ',')[2], TestContext.Current.CancellationToken);

            Assert.Contains("There is no datastore yet.", page, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_command_refuses_an_address_that_other_machines_reach()
    {
        var home = Directory.CreateTempSubdirectory("dashboard-command-");
        using var process = Start(home, "--http", "http://0.0.0.0:0", "--no-browser");

        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("served on loopback only", error, StringComparison.Ordinal);
        home.Delete(recursive: true);
    }

    private static Process Start(DirectoryInfo home, params IEnumerable<string> arguments) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "mcp-long-context.dll"),
                    "dashboard",
                    "--home",
                    home.FullName,
                    .. arguments,
                ]
            )
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            }
        )!;
}
