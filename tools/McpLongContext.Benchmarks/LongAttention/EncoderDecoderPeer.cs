using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using McpLongContext.Benchmarks.Peers;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>A process that encodes a source and writes the likeliest tokens with ONNX Runtime.</summary>
internal sealed class EncoderDecoderPeer : IDisposable
{
    private readonly Process _process;

    private EncoderDecoderPeer(Process process) => _process = process;

    /// <summary>Writes a model as ONNX files, in fp32 and with linear layers in 8 bits.</summary>
    /// <param name="folder">The model; the files are written into it.</param>
    public static void Export(string folder)
    {
        Run(
            new ProcessStartInfo("python3")
            {
                ArgumentList =
                {
                    Path.Combine(Repository.Peers, "export_bart.py"),
                    folder,
                    FileOf(folder, "encoder", isQuantized: false),
                    FileOf(folder, "decoder", isQuantized: false),
                },
            }
        );
        foreach (var part in (string[])["encoder", "decoder"])
        {
            Run(NodePeers.Script("quantize.mjs", FileOf(folder, part, false), FileOf(folder, part, true)));
        }
    }

    public static EncoderDecoderPeer Start(string folder, bool isQuantized, int threads, object shape)
    {
        var start = NodePeers.Script(
            "summarize.mjs",
            FileOf(folder, "encoder", isQuantized),
            FileOf(folder, "decoder", isQuantized),
            threads.ToString(CultureInfo.InvariantCulture),
            JsonSerializer.Serialize(shape)
        );
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return new EncoderDecoderPeer(Process.Start(start)!);
    }

    /// <summary>Encodes a source and writes tokens.</summary>
    /// <returns>The effort of both, and the tokens.</returns>
    public (Effort Encoding, Effort Writing, int[] Tokens) Measure(int[] source, int written)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { source, written }));
        var line =
            _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("ONNX Runtime's process ended; its error stands above.");
        var parts = line.Split(' ');
        var seconds = parts[..4].Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return (
            new Effort(seconds[0], seconds[1]),
            new Effort(seconds[2], seconds[3]),
            [.. parts[4].Split(',').Select(token => int.Parse(token, CultureInfo.InvariantCulture))]
        );
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string FileOf(string folder, string part, bool isQuantized) =>
        Path.Combine(folder, isQuantized ? $"{part}.q8.onnx" : $"{part}.onnx");

    private static void Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{start.FileName}' ended with {process.ExitCode}.");
        }
    }
}
