using System.CommandLine;
using System.Globalization;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Bits;
using McpLongContext.Training.Bits;
using McpLongContext.Training.Bits.Benchmark;
using McpLongContext.Training.Libtorch;

namespace McpLongContext.Training.Commands;

/// <summary>Measures a bit model over its switches, and keeps the defaults for a machine of some memory.</summary>
internal sealed class BitsBenchmarkCommand : Command
{
    private const double GiB = 1 << 30;

    private static readonly BitTrainingSettings s_settings = new();

    private readonly Option<string?> _home = new("--home") { Description = "Data folder." };
    private readonly Option<double?> _memory = new("--memory")
    {
        Description = "RAM of the machine in GiB; left out, that of this one. Half of it is used.",
        HelpName = "GIB",
    };
    private readonly Option<int> _width = Number("--width", "Width of a hidden state.", s_settings.Model.Width);
    private readonly Option<int> _heads = Number("--heads", "Attention heads.", s_settings.Model.HeadCount);
    private readonly Option<int> _layers = Number("--layers", "Layers.", s_settings.Model.LayerCount);
    private readonly Option<int> _feedForward = Number(
        "--feed-forward",
        "Width of the feed-forward network.",
        s_settings.Model.FeedForwardSize
    );
    private readonly Option<int> _threads = Number("--threads", "Threads.", Environment.ProcessorCount);

    public BitsBenchmarkCommand()
        : base("bits-benchmark", "Measure a bit model over its switches, and keep the defaults for this machine.")
    {
        foreach (var option in (Option[])[_home, _memory, _width, _heads, _layers, _feedForward, _threads])
        {
            Options.Add(option);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var basis = s_settings.Model with
        {
            Width = parsed.GetValue(_width),
            HeadCount = parsed.GetValue(_heads),
            LayerCount = parsed.GetValue(_layers),
            FeedForwardSize = parsed.GetValue(_feedForward),
        };
        var threads = parsed.GetValue(_threads);
        var memory = parsed.GetValue(_memory) is { } given
            ? (long)(given * GiB)
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Check(basis, threads, memory);
        var output = parsed.InvocationConfiguration.Output;
        var home = Path.GetFullPath(parsed.GetValue(_home) ?? LongContextHome.Path);
        var folder = Directory.CreateTempSubdirectory("bits-benchmark-");
        try
        {
            var path = Path.Combine(folder.FullName, BitTransformer.FileName);
            LibtorchRuntime.Load(parsed.InvocationConfiguration.Error);
            using (var model = new BitModule(basis))
            {
                BitExport.Save(path, model, isHalf: false, new Dictionary<string, string>());
            }

            var benchmark = new BitBenchmark(one => BitMeterProcess.MeasureAsync(one, cancellation), output);
            var cases = new BitCases(basis, s_settings.BatchSize, threads);
            var defaults = await benchmark.RunAsync(cases, memory, path);
            Directory.CreateDirectory(home);
            defaults.Write(home);
            output.WriteLine(Describe(home, defaults));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Describe(string home, BitDefaults defaults) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.Combine(home, BitDefaults.FileName)}, for {defaults.Ram / GiB:0.#} GiB: max_seq_len {defaults.MaxSeqLen}, chunk_size {defaults.ChunkSize}, overlap {defaults.Overlap}, reversible {Flag(defaults.Reversible)}, use_act {Flag(defaults.UseAct)}, bfloat16 {Flag(defaults.Bfloat16)}, batch {defaults.Batch}, int8 {Flag(defaults.Quantize)}."
        );

    private static string Flag(bool value) => value ? "on" : "off";

    private static void Check(BitTransformerConfig basis, int threads, long memory)
    {
        OptionChecks.Positive(
            ("--width", basis.Width),
            ("--heads", basis.HeadCount),
            ("--layers", basis.LayerCount),
            ("--feed-forward", basis.FeedForwardSize),
            ("--threads", threads),
            ("--memory", memory / GiB)
        );
        if (basis.FindProblem() is { } problem)
        {
            throw new TrainingException(problem + ".");
        }
    }

    private static Option<T> Number<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
