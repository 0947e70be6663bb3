using System.Diagnostics;
using System.Text;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>A program that was run to its end.</summary>
/// <param name="Effort">What it took, the start of the process included.</param>
/// <param name="PeakBytes">The most memory that it had in use, looked at every few milliseconds.</param>
/// <param name="Output">What it wrote to its standard output.</param>
internal sealed record ProgramRun(Effort Effort, long PeakBytes, string Output)
{
    /// <summary>Runs a program; its error output goes to ours when it fails.</summary>
    public static ProgramRun Of(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var (output, error) = (new StringBuilder(), new StringBuilder());
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => error.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        long peak = 0;
        var used = TimeSpan.Zero;
        while (!process.WaitForExit(5))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
                used = process.TotalProcessorTime;
            }
            catch (InvalidOperationException)
            {
                // It ended meanwhile.
            }
        }

        var seconds = watch.Elapsed.TotalSeconds;
        process.WaitForExit();
        return process.ExitCode == 0
            ? new ProgramRun(new Effort(seconds, used.TotalSeconds), peak, output.ToString())
            : throw new InvalidOperationException(
                $"'{start.FileName} {string.Join(' ', start.ArgumentList)}' ended with {process.ExitCode}:\n{error}{output}"
            );
    }
}
