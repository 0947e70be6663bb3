using System.Diagnostics;

namespace McpLongContext.Benchmarks;

/// <summary>
/// What a piece of work took. The time of the cores tells what it costs even where other programs run beside it.
/// </summary>
/// <param name="Seconds">Seconds from start to end.</param>
/// <param name="CoreSeconds">Seconds of all cores together.</param>
internal readonly record struct Effort(double Seconds, double CoreSeconds)
{
    /// <summary>Runs work of this process on some threads, each with its number.</summary>
    public static Effort Of(int threads, Action<int> work)
    {
        using var process = Process.GetCurrentProcess();
        var used = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        var running = Enumerable.Range(0, threads).Select(i => new Thread(() => work(i))).ToList();
        running.ForEach(thread => thread.Start());
        running.ForEach(thread => thread.Join());
        var seconds = watch.Elapsed.TotalSeconds;
        process.Refresh();
        return new Effort(seconds, (process.TotalProcessorTime - used).TotalSeconds);
    }
}
