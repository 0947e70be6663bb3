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
            // What is logged there is of no interest here, but a full pipe would stop the child.
            var log = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            await log;
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
