using McpLongContext.Benchmarks.Kernels;
using McpLongContext.Benchmarks.Peers;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Benchmarks.Encode;

/// <summary>
/// Tokens a second through all-MiniLM-L6-v2 with two threads, ours against ONNX Runtime's, on the same sequences. Ours
/// counts everything from text to states and vectors; ONNX Runtime is handed the tokens, sorted by length, in the best
/// of several ways to batch them, so that its tokenizer and its padding cost it nothing.
/// </summary>
internal static class EncodeBenchmark
{
    public const string Chunks = "chunks";
    public const string Passages = "passages";

    private const int Threads = 2;
    private const int Rounds = 5;

    private const int Layers = 6;
    private const int Hidden = 384;
    private const int Intermediate = 1536;

    /// <summary>Calls of the peak's loop in one measurement, some tenths of a second.</summary>
    private const int PeakCalls = 4000;

    private static readonly OnnxSetting[] s_settings =
    [
        .. from model in (string[])["fp32", "q8"]
        from batch in (int[])[1, 8]
        from sessions in (int[])[1, 2]
        select new OnnxSetting(model, batch, sessions, Threads / sessions),
    ];

    /// <summary>Measures on a folder's texts.</summary>
    /// <param name="output">Where the tables go.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="texts">chunks, passages, or null for both.</param>
    public static void Run(TextWriter output, string folder, string? texts)
    {
        NodePeers.Install();
        var model = new ModelStore().EnsureDefaultEncoderAsync().GetAwaiter().GetResult();
        using var fp32 = BertEncoder.Load(model, Precision.Float32);
        using var int8 = BertEncoder.Load(model, Precision.Int8);
        if (texts is null or Chunks)
        {
            Report(output, EncodeTexts.Chunks(int8, folder), fp32, int8);
        }

        if (texts is null or Passages)
        {
            Report(output, EncodeTexts.Passages(folder), fp32, int8);
        }
    }

    private static void Report(TextWriter output, EncodeTexts texts, BertEncoder fp32, BertEncoder int8)
    {
        var sequences = texts.Sequences(int8);
        double tokens = sequences.Sum(sequence => sequence.Length);
        using var onnx = OnnxPeer.Start(sequences);
        List<(string Name, double Work, Func<Effort> Measure)> runs =
        [
            ("ours int8", tokens, () => Encode(int8, texts)),
            ("ours fp32", tokens, () => Encode(fp32, texts)),
        ];
        foreach (var settings in s_settings.GroupBy(setting => setting.Model, StringComparer.Ordinal))
        {
            var best = settings.MinBy(setting => onnx.Measure(setting).Seconds)!;
            runs.Add(($"onnxruntime {best}", tokens, () => onnx.Measure(best)));
        }

        // The peak belongs to the same minutes as what is compared with it; not every processor has VNNI.
        var encoders = runs.Count;
        var peakWork = Threads * PeakCalls * Peak.DotProductOperations;
        if (peakWork > 0)
        {
            runs.Add(("int8 peak", peakWork, () => Effort.Of(Threads, _ => OfPeak())));
        }

        var rates = Measure(runs);

        output.WriteLine();
        output.WriteLine(
            $"{texts.Name}: {sequences.Count} sequences, {tokens} tokens; {Threads} threads, {Rounds} rounds"
        );
        output.WriteLine(
            $"{"", -44} {"tokens/s", 9} {"low..high", 14} {"per core second", 16} {"of fp32", 8} {"of q8", 8}"
        );
        for (var i = 0; i < encoders; i++)
        {
            var (rate, core) = rates[i];
            var spread = $"{rate.Low:F0}..{rate.High:F0}";
            output.WriteLine(
                $"{runs[i].Name, -44} {rate.Median, 9:F0} {spread, 14} {core.Median, 16:F0} "
                    + $"{rate.Median / rates[2].Rate.Median, 7:F2}x {rate.Median / rates[3].Rate.Median, 7:F2}x"
            );
        }

        if (peakWork > 0)
        {
            var operations = sequences.Sum(sequence => Operations(sequence.Length)) / tokens;
            var (peak, products) = (rates[^1].Core.Median, rates[0].Core.Median * operations);
            output.WriteLine(
                $"{Peak.DotProductName} peak {peak / 1e9:F0} GOP/s a core; the products of ours int8 {products / 1e9:F0}, "
                    + $"{products / peak:P0} of it over the whole encode"
            );
        }
    }

    /// <summary>
    /// Operations of a sequence in int8, a multiply-add counted as two: the layers' matrices, and queries times keys and
    /// weights times values of attention.
    /// </summary>
    public static double Operations(double tokens) =>
        2 * Layers * tokens * ((4 * Hidden * Hidden) + (2 * Hidden * Intermediate) + (2 * tokens * Hidden));

    /// <summary>Runs everything in turn, so that what else the machine does meets all alike; the first round warms up.</summary>
    private static List<(Rate Rate, Rate Core)> Measure(List<(string Name, double Work, Func<Effort> Measure)> runs)
    {
        var efforts = runs.ConvertAll(_ => new List<Effort>());
        for (var round = 0; round <= Rounds; round++)
        {
            for (var i = 0; i < runs.Count; i++)
            {
                efforts[i].Add(runs[i].Measure());
            }
        }

        return
        [
            .. efforts.Select(
                (some, i) =>
                    (
                        Rate.Of([.. some.Skip(1).Select(effort => runs[i].Work / effort.Seconds)]),
                        Rate.Of([.. some.Skip(1).Select(effort => runs[i].Work / effort.CoreSeconds)])
                    )
            ),
        ];
    }

    private static void OfPeak()
    {
        for (var i = 0; i < PeakCalls; i++)
        {
            Peak.DotProduct();
        }
    }

    private static Effort Encode(BertEncoder encoder, EncodeTexts texts)
    {
        var workers = Enumerable.Range(0, Threads).Select(_ => new PassageEncoder(encoder, EncodeTexts.Whole)).ToList();
        var next = -1;
        return Effort.Of(
            Threads,
            thread =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < texts.Documents.Count; )
                {
                    var document = texts.Documents[i];
                    var headers = Enumerable.Repeat("", document.Count).ToList();
                    workers[thread].Encode(document, headers, firstOrdinal: 0, CancellationToken.None);
                }
            }
        );
    }
}
