using System.Diagnostics;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>Runs programs of the system.</summary>
internal static class Shell
{
    /// <summary>Runs a program to its end.</summary>
    public static async Task RunAsync(params string[] command)
    {
        var (code, output) = await TryRunAsync(command);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {code}, {output}");
    }

    /// <summary>Runs a program to its end; returns its code and what it has written.</summary>
    public static async Task<(int Code, string Output)> TryRunAsync(params string[] command)
    {
        using var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                WorkingDirectory = Path.GetTempPath(),
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
