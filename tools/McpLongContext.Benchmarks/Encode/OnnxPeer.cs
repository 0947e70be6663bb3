using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using McpLongContext.Benchmarks.Peers;

namespace McpLongContext.Benchmarks.Encode;

/// <summary>How ONNX Runtime is used.</summary>
/// <param name="Model">fp32 or q8.</param>
/// <param name="Batch">Sequences a batch.</param>
/// <param name="Sessions">Batches side by side.</param>
/// <param name="Threads">Threads of each.</param>
internal sealed record OnnxSetting(string Model, int Batch, int Sessions, int Threads)
{
    public override string ToString() => $"{Model} (batches of {Batch}, {Sessions} at once)";
}

/// <summary>A process that encodes sequences of tokens with ONNX Runtime.</summary>
internal sealed class OnnxPeer : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly Process _process;
    private readonly string _sequences;

    private OnnxPeer(Process process, string sequences)
    {
        _process = process;
        _sequences = sequences;
    }

    public static OnnxPeer Start(List<int[]> sequences)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, JsonSerializer.Serialize(sequences));
        var start = NodePeers.Script("encode.mjs", path, NodePeers.Float32Model, NodePeers.QuantizedModel);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return new OnnxPeer(Process.Start(start)!, path);
    }

    /// <summary>Encodes all sequences once.</summary>
    public Effort Measure(OnnxSetting setting)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(setting, s_json));
        var line =
            _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("ONNX Runtime's process ended; its error stands above.");
        var seconds = line.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return new Effort(seconds[0], seconds[1]);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_sequences);
    }
}
