using System.Diagnostics;
using System.Globalization;
using McpLongContext.Bits.Streams;

namespace McpLongContext.Benchmarks.Bits;

/// <summary>The forms of bits on real files: size, time to write and to read, and what the rule picks.</summary>
internal static class BitFormBenchmark
{
    private const int Repeats = 3;

    /// <summary>A line a file and form; the size is that of the form over that of the file.</summary>
    public static void Run(TextWriter output, IReadOnlyList<string> paths)
    {
        output.WriteLine(
            "| file | bytes | form | size | write MB/s | read MB/s | picked |\n|---|---|---|---|---|---|---|"
        );
        foreach (var path in paths)
        {
            var bytes = File.ReadAllBytes(path);
            foreach (var parity in (bool[])[false, true])
            {
                var bits = ByteBits.Of(bytes, parity);
                var picked = BitForms.Choose(bits);
                foreach (var form in Enum.GetValues<BitForm>())
                {
                    var written = BitForms.Write(bits, form);
                    var write = Time(() => BitForms.Write(bits, form));
                    var read = Time(() => BitForms.Read(written, form, bits.Length));
                    output.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"| {Path.GetFileName(path)} | {bytes.Length} | {form}{(parity ? ", parity" : "")} | {(double)written.Length / bytes.Length:0.000} | {bytes.Length / write / 1e6:0.0} | {bytes.Length / read / 1e6:0.0} | {(form == picked ? "yes" : "")} |"
                        )
                    );
                }
            }
        }
    }

    /// <summary>Seconds of the fastest of some runs.</summary>
    private static double Time(Action action)
    {
        var fastest = double.MaxValue;
        for (var i = 0; i < Repeats; i++)
        {
            var began = Stopwatch.GetTimestamp();
            action();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return fastest;
    }
}
