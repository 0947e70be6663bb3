using System.Diagnostics;
using System.Globalization;
using McpLongContext.Benchmarks.Peers;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>An encoder-decoder of random weights within its window, beside ONNX Runtime in turns.</summary>
internal static class EncoderDecoderBenchmark
{
    private const int Source = 1024;
    private const int Written = 50;

    public static void Run(TextWriter output, string shape, int threads, int rounds)
    {
        var random =
            RandomEncoderDecoder.Of(shape)
            ?? throw new ArgumentException($"{shape} found, expected bart-base or bart-large.", nameof(shape));
        var folder = Directory.CreateTempSubdirectory("encoder-decoder-");
        try
        {
            random.Write(folder.FullName);
            NodePeers.Install();
            EncoderDecoderPeer.Export(folder.FullName);
            foreach (var precision in (Precision[])[Precision.Float32, Precision.Int8])
            {
                Compare(output, folder.FullName, precision, threads, rounds);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Compare(TextWriter output, string folder, Precision precision, int threads, int rounds)
    {
        using var model = EncoderDecoder.Load(folder, precision, threads);
        var config = model.Config;
        var numbers = new Random(3);
        int[] source = [.. Enumerable.Range(0, Source).Select(_ => numbers.Next(4, config.VocabularySize))];
        using var peer = EncoderDecoderPeer.Start(
            folder,
            isQuantized: precision == Precision.Int8,
            threads,
            new
            {
                layers = config.Decoder.LayerCount,
                heads = config.Decoder.HeadCount,
                width = config.Decoder.HeadDim,
                begin = config.TargetBegin,
            }
        );
        // Both keep their sessions, and with them their buffers.
        using var encoder = model.CreateEncoder(threads);
        var (ours, theirs) = (
            new List<(Effort Encoding, Effort Writing)>(),
            new List<(Effort Encoding, Effort Writing)>()
        );
        var equal = 0;
        for (var round = 0; round <= rounds; round++)
        {
            var there = peer.Measure(source, Written);
            var here = Measure(model, encoder, source, threads);
            if (round > 0)
            {
                ours.Add((here.Encoding, here.Writing));
                theirs.Add((there.Encoding, there.Writing));
            }

            equal = here.Tokens.Zip(there.Tokens).TakeWhile(pair => pair.First == pair.Second).Count();
        }

        output.WriteLine(
            $"{precision}, {threads} threads, best of {rounds} rounds; the first {equal} tokens are equal"
        );
        Report(output, $"encoding {Source} tokens", ours, theirs, one => one.Encoding);
        Report(output, $"writing {Written} tokens", ours, theirs, one => one.Writing);
    }

    private static void Report(
        TextWriter output,
        string work,
        List<(Effort Encoding, Effort Writing)> ours,
        List<(Effort Encoding, Effort Writing)> theirs,
        Func<(Effort Encoding, Effort Writing), Effort> part
    )
    {
        var (here, there) = (ours.Min(one => part(one).Seconds), theirs.Min(one => part(one).Seconds));
        var (cores, others) = (ours.Min(one => part(one).CoreSeconds), theirs.Min(one => part(one).CoreSeconds));
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  {work}: {here:0.000} s, ONNX Runtime {there:0.000} s, {there / here:0.00} times; processor {cores:0.000} and {others:0.000} s, {others / cores:0.00} times"
            )
        );
    }

    /// <summary>The encoder with the keys and values of cross-attention, then the likeliest tokens one by one.</summary>
    private static (Effort Encoding, Effort Writing, int[] Tokens) Measure(
        EncoderDecoder model,
        EncoderSession encoder,
        int[] source,
        int threads
    )
    {
        var states = new float[source.Length * model.Config.HiddenSize];
        var (watch, used) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        encoder.Encode(source, states);
        using var target = model.CreateTarget(states, threads);
        var encoding = Take();
        var logits = new float[model.Config.VocabularySize];
        var tokens = new List<int>();
        for (var next = model.Config.TargetBegin; tokens.Count < Written; tokens.Add(next))
        {
            target.Step([next], tokens.Count == 0 ? [] : [0], logits);
            next = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        }

        return (encoding, Take(), [.. tokens]);

        Effort Take()
        {
            var all = Environment.CpuUsage.TotalTime;
            var effort = new Effort(watch.Elapsed.TotalSeconds, (all - used).TotalSeconds);
            watch.Restart();
            used = all;
            return effort;
        }
    }
}
