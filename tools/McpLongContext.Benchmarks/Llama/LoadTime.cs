using System.Diagnostics;
using System.Globalization;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>How long a new process takes to load a model and its tokenizer, what it compiles for that included.</summary>
internal static class LoadTime
{
    /// <summary>The command by which the benchmark asks another process of its own.</summary>
    public const string Command = "load";

    /// <summary>Loads a model in a new process.</summary>
    /// <param name="file">The model.</param>
    /// <param name="cache">Where its packed weights are kept.</param>
    /// <returns>Seconds.</returns>
    public static double InNewProcess(string file, WeightCache cache)
    {
        var self = Environment.GetCommandLineArgs()[0];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [self, Command, file, cache.Path])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var seconds = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? double.Parse(seconds, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"Loading ended with {process.ExitCode}.");
    }

    /// <summary>Loads a model in this process.</summary>
    public static void Run(TextWriter output, string file, string cache)
    {
        var watch = Stopwatch.StartNew();
        _ = ModelTokenizer.Load(Path.GetDirectoryName(file)!);
        using var model = Decoder.Load(file, threads: LlamaBenchmark.Threads, cache: CacheOf(file, cache));
        output.WriteLine(watch.Elapsed.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A cache at a place of its own.</summary>
    public static WeightCache CacheOf(string file, string path) => new(path, file);
}
