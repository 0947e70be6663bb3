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
        var (ours, theirs) = (new List<(double, double)>(), new List<(double, double)>());
        var equal = 0;
        for (var round = 0; round <= rounds; round++)
        {
            var there = peer.Measure(source, Written);
            var here = Measure(model, source, threads);
            if (round > 0)
            {
                ours.Add((here.Encoding, here.Writing));
                theirs.Add((there.Encoding, there.Writing));
            }

            equal = here.Tokens.Zip(there.Tokens).TakeWhile(pair => pair.First == pair.Second).Count();
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{precision}, {threads} threads, {rounds} rounds, best: encoding {Source} tokens {ours.Min(one => one.Item1):0.000} s, ONNX Runtime {theirs.Min(one => one.Item1):0.000} s, {theirs.Min(one => one.Item1) / ours.Min(one => one.Item1):0.00} times; writing {Written} tokens {ours.Min(one => one.Item2):0.000} s, {theirs.Min(one => one.Item2):0.000} s, {theirs.Min(one => one.Item2) / ours.Min(one => one.Item2):0.00} times; the first {equal} tokens are equal"
            )
        );
    }

    /// <summary>The encoder with the keys and values of cross-attention, then the likeliest tokens one by one.</summary>
    private static (double Encoding, double Writing, int[] Tokens) Measure(
        EncoderDecoder model,
        int[] source,
        int threads
    )
    {
        using var encoder = model.CreateEncoder(threads);
        var states = new float[source.Length * model.Config.HiddenSize];
        var watch = Stopwatch.StartNew();
        encoder.Encode(source, states);
        using var target = model.CreateTarget(states, threads);
        var encoding = watch.Elapsed.TotalSeconds;
        watch.Restart();
        var logits = new float[model.Config.VocabularySize];
        var tokens = new List<int>();
        for (var next = model.Config.TargetBegin; tokens.Count < Written; tokens.Add(next))
        {
            target.Step([next], tokens.Count == 0 ? [] : [0], logits);
            next = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        }

        return (encoding, watch.Elapsed.TotalSeconds, [.. tokens]);
    }
}
