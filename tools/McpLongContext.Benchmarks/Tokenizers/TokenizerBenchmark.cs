using System.Diagnostics;
using System.Text;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Benchmarks.Tokenizers;

/// <summary>How long a tokenizer takes to load, and how many bytes of text a second one thread encodes.</summary>
internal static class TokenizerBenchmark
{
    /// <summary>Measures.</summary>
    /// <param name="output">Where the table goes.</param>
    /// <param name="text">A file of text, or a folder whose source and Markdown files are read.</param>
    /// <param name="models">GGUF files and folders with a <c>tokenizer.json</c>.</param>
    public static void Run(TextWriter output, string text, IReadOnlyList<string> models)
    {
        var content = Read(text);
        var bytes = Encoding.UTF8.GetByteCount(content);
        output.WriteLine($"{bytes / 1e6:0.0} MB of text; median, lowest, highest of one thread");
        output.WriteLine("| tokenizer | load ms | MB/s | lowest | highest | bytes a token |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (var model in models)
        {
            var watch = Stopwatch.StartNew();
            var tokenizer = Load(model);
            var load = watch.Elapsed.TotalMilliseconds;
            var ids = new List<int>(bytes);
            var rate = Rate.Measure(1, [bytes], [() => Encode], repetitions: 11, seconds: 0.5)[0];
            output.WriteLine(
                $"| {Path.GetFileName(model)} | {load:0} | {rate.Median / 1e6:0.0} | {rate.Low / 1e6:0.0} | "
                    + $"{rate.High / 1e6:0.0} | {(double)bytes / ids.Count:0.00} |"
            );

            void Encode()
            {
                ids.Clear();
                tokenizer.Encode(content, ids);
            }
        }
    }

    private static Tokenizer Load(string model)
    {
        if (!model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            return TokenizerJson.Load(model);
        }

        using var file = GgufFile.Open(model);
        return GgufTokenizer.Load(file);
    }

    private static string Read(string path)
    {
        if (File.Exists(path))
        {
            return File.ReadAllText(path);
        }

        var files = Directory
            .EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".md")
            .Order(StringComparer.Ordinal);
        return string.Concat(files.Select(File.ReadAllText));
    }
}
