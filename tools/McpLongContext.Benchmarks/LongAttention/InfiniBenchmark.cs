using System.Diagnostics;
using McpLongContext.Benchmarks.Llama;
using McpLongContext.Inference;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// Random tokens through Infini-attention, segment by segment: whether time a token and memory depend on how many there
/// were before. All gates are half open and the delta rule writes, so that everything is computed.
/// </summary>
internal static class InfiniBenchmark
{
    /// <summary>One, whose processor time is told beside the clock: it hardly depends on what else the machine does.</summary>
    private const int Threads = 1;

    /// <summary>Tokens of a layer that attention gets at a time, as in a decoder.</summary>
    private const int BlockTokens = 512;

    /// <summary>A whole model, or one layer's attention of its shape with random queries, keys and values.</summary>
    public static void Run(TextWriter output, string name, IReadOnlyList<int> lengths, bool isLayer)
    {
        var folder = new ModelStore().Find(name) ?? throw new ModelException($"{name} is not installed.");
        using var model = isLayer ? null : Decoder.Load(folder, threads: Threads);
        var config = model?.Config ?? DecoderConfig.Load(folder) with { LayerCount = 1 };
        output.WriteLine(
            $"{name}{(isLayer ? ", attention of one layer" : "")}: {config.LayerCount} layers, {config.HeadCount} heads, "
                + $"{config.KeyValueHeadCount} key heads of {config.HeadDim}, segments of {config.ContextLength}, "
                + "one thread"
        );
        output.WriteLine(
            $"{"tokens", 10} {"seconds", 9} {"of CPU", 9} {"tokens/s of CPU", 16} {"memory bytes", 13} {"resident, MB", 13}"
        );
        foreach (var length in lengths)
        {
            var memory = new CompressiveMemory(
                config.LayerCount,
                config.KeyValueHeadCount,
                config.HeadDim,
                UpdateRule.Delta
            );
            var gates = InfiniGates.FromBetas(config, new float[config.LayerCount * config.HeadCount]);
            var attention = new SegmentedAttention(config, memory, gates);
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            var seconds = model is null ? Attend(config, attention, length) : Read(model, attention, length);
            process.Refresh();
            var processor = (process.TotalProcessorTime - before).TotalSeconds;
            var resident = ResidentMemory.Of(Environment.ProcessId);
            output.WriteLine(
                $"{length, 10} {seconds, 9:F1} {processor, 9:F1} {length / processor, 16:F0} {memory.Bytes, 13} "
                    + $"{resident, 13}"
            );
        }
    }

    private static double Read(Decoder model, SegmentedAttention attention, int length)
    {
        var random = new Random(1);
        using var run = model.CreateSession(attention, Threads);
        var tokens = new int[attention.SegmentTokens];
        var watch = Stopwatch.StartNew();
        for (var done = 0; done < length; done += tokens.Length)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                tokens[i] = random.Next(model.Config.VocabularySize / 2);
            }

            run.Forward(tokens.AsSpan(0, Math.Min(tokens.Length, length - done)), []);
        }

        return watch.Elapsed.TotalSeconds;
    }

    private static double Attend(DecoderConfig config, SegmentedAttention attention, int length)
    {
        var random = new Random(1);
        var (queries, keys) = (Uniform(config.QuerySize), Uniform(config.KeyValueSize));
        var (values, output) = (Uniform(config.KeyValueSize), new float[BlockTokens * config.QuerySize]);
        using var threadPool = new ComputeThreadPool(Threads);
        var watch = Stopwatch.StartNew();
        for (var done = 0; done < length; done += BlockTokens)
        {
            var count = Math.Min(BlockTokens, length - done);
            attention.Attend(
                new AttentionBlock(
                    0,
                    done,
                    queries.AsMemory(0, count * config.QuerySize),
                    keys.AsMemory(0, count * config.KeyValueSize),
                    values.AsMemory(0, count * config.KeyValueSize),
                    output.AsMemory(0, count * config.QuerySize)
                ),
                threadPool
            );
        }

        return watch.Elapsed.TotalSeconds;

        float[] Uniform(int width) =>
            [.. Enumerable.Range(0, BlockTokens * width).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
