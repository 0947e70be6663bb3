using System.Diagnostics;
using System.Text.Json;

namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>Measures a case in a process of its own, whose memory is that of the case alone.</summary>
internal static class BitMeterProcess
{
    /// <summary>The hidden command that a child is started with.</summary>
    public const string Command = "bits-measure";

    /// <summary>Measures a case.</summary>
    /// <returns>The outcome; <see langword="null"/> where the process ended without one, as for want of memory.</returns>
    /// <exception cref="TrainingException">The case cannot be measured; the message says why.</exception>
    public static async Task<BitMeasurement?> MeasureAsync(BitCase one, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Host())
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "mcp-long-context-train.dll"),
                Command,
                JsonSerializer.Serialize(one),
            },
        };
        // Threads that wait for others by spinning would take the processor from them where it is busy.
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        using var process =
            Process.Start(start) ?? throw new TrainingException($"{start.FileName} cannot be started to measure in.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var log = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            var said = await log;
            // A process that lacks memory does not end by itself.
            if (process.ExitCode is ExitCode.Failed or ExitCode.WrongUsage)
            {
                throw new TrainingException($"{one.Name} cannot be measured: {said.Trim()}");
            }

            return process.ExitCode == 0 ? JsonSerializer.Deserialize<BitMeasurement>(await output) : null;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>The `dotnet` that runs this program, or that stands on the path.</summary>
    private static string Host() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? path
            : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
}
