using System.Diagnostics;
using System.Globalization;
using McpLongContext.Documents;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Benchmarks.Formats;

/// <summary>Reads documents of the formats: text for tools/formats/recall.py, time per megabyte, and mutants.</summary>
internal static class FormatBenchmark
{
    private const double LeastSeconds = 1;

    /// <summary>Reads files and prints a line for each.</summary>
    /// <param name="output">Receives the lines.</param>
    /// <param name="folder">Receives the text of each file.</param>
    /// <param name="mutants">Damaged copies of each file to read.</param>
    /// <param name="files">The files.</param>
    public static void Run(TextWriter output, string folder, int mutants, IReadOnlyList<string> files)
    {
        Directory.CreateDirectory(folder);
        output.WriteLine("file\tformat\tKB\tCPU s/MB\tCPU ms\tmutants: read, refused, slowest ms");
        foreach (var path in files)
        {
            var bytes = File.ReadAllBytes(path);
            var file = new DocumentFile(path, bytes);
            if (DocumentFormats.Find(file) is not { } format)
            {
                output.WriteLine($"{Path.GetFileName(path)}\tno format");
                continue;
            }

            try
            {
                var text = DocumentFormats.Read(format, file);
                File.WriteAllText(Path.Combine(folder, Path.GetFileName(path) + ".txt"), text?.Text ?? "");
                var seconds = Time(format, path, bytes);
                var line = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path.GetFileName(path)}\t{format.Name}\t{bytes.Length / 1024.0:F1}\t{seconds / bytes.Length * 1048576:F2}\t{seconds * 1000:F1}\t{Mutants(path, bytes, mutants)}"
                );
                output.WriteLine(line);
            }
            catch (UnreadableDocumentException refused)
            {
                output.WriteLine($"{Path.GetFileName(path)}\t{format.Name}\t{refused.Message}");
            }
        }
    }

    /// <summary>The seconds of processor time that a reading takes, also on a machine that is busy with other work.</summary>
    private static double Time(IDocumentFormat format, string path, byte[] bytes)
    {
        var count = 0;
        var before = Environment.CpuUsage.TotalTime;
        for (; (Environment.CpuUsage.TotalTime - before).TotalSeconds < LeastSeconds; count++)
        {
            DocumentFormats.Read(format, new DocumentFile(path, bytes));
        }

        return (Environment.CpuUsage.TotalTime - before).TotalSeconds / count;
    }

    private static string Mutants(string path, byte[] bytes, int count)
    {
        var mutator = new Mutator(bytes.Length);
        int read = 0,
            refused = 0;
        double slowest = 0;
        for (var i = 0; i < count; i++)
        {
            var watch = Stopwatch.StartNew();
            try
            {
                var file = new DocumentFile(path, mutator.Mutate(bytes, bytes));
                if (DocumentFormats.Find(file) is { } format)
                {
                    DocumentFormats.Read(format, file);
                }

                read++;
            }
            catch (UnreadableDocumentException)
            {
                refused++;
            }

            slowest = Math.Max(slowest, watch.Elapsed.TotalMilliseconds);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{read}, {refused}, {slowest:F0}");
    }
}
