using System.Diagnostics;
using System.Globalization;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Search;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// Sources of growing length through an encoder-decoder of random weights: encoding, a summary, retrieval's share of it,
/// and the recall of the search in integers.
/// </summary>
internal static class SourceBenchmark
{
    /// <summary>Tokens that are encoded; longer sources repeat them, which changes nothing in what a search costs.</summary>
    private const int MaxEncoded = 32 * 1024;

    /// <summary>Tokens whose states are kept in fp32, too, to measure what 8 bits lose.</summary>
    private const int MaxExact = 16 * 1024;

    public static void Run(TextWriter output, string shape, int[] counts, int written, int[] beams, int threads)
    {
        var random =
            RandomEncoderDecoder.Of(shape)
            ?? throw new ArgumentException($"{shape} found, expected bart-base or bart-large.", nameof(shape));
        var folder = Directory.CreateTempSubdirectory("sources-");
        try
        {
            random.Write(folder.FullName);
            var watch = Stopwatch.StartNew();
            using var model = EncoderDecoder.Load(folder.FullName, Precision.Int8);
            output.WriteLine(
                Line(
                    $"{shape}, {model.Config.ParameterCount / 1e6:0} million random parameters, loaded in {watch.Elapsed.TotalSeconds:0.0} s"
                )
            );
            var exact = new List<float>();
            var (keys, mean) = Encode(output, model, Math.Min(MaxEncoded, counts.Max()), threads, exact);
            foreach (var count in counts)
            {
                Measure(output, model, keys, mean, exact, count, written, beams, threads);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (KeyBuffer Keys, SourceMean Mean) Encode(
        TextWriter output,
        EncoderDecoder model,
        int count,
        int threads,
        List<float> exact
    )
    {
        var frame = SourceFrame.Of(model.Config, []);
        var random = new Random(5);
        int[] tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(4, model.Config.VocabularySize))];
        var keys = new KeyBuffer(new KeyShape(1, model.Config.HiddenSize));
        using var encoder = new SourceEncoder(model, frame, model.Config.Window, threads: threads);
        var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        SourceMean? mean = null;
        var next = 1024;
        encoder.Encode(tokens, Keep);
        Report();
        return (keys, mean!);

        bool Keep(ReadOnlySpan<float> states, int window, int windows)
        {
            mean ??= SourceMean.Of(states, model.Config.HiddenSize);
            float[] residuals = [.. states];
            mean.Subtract(residuals);
            keys.Append(0, residuals);
            if (exact.Count < MaxExact * model.Config.HiddenSize)
            {
                exact.AddRange(states);
            }

            if (keys.Tokens >= next)
            {
                Report();
                next *= 4;
            }

            return true;
        }

        void Report() =>
            output.WriteLine(
                Line(
                    $"encoded {keys.Tokens:N0} tokens in {watch.Elapsed.TotalSeconds:0.0} s, {keys.Tokens / watch.Elapsed.TotalSeconds:0} tokens/s; {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:0.0} s of processor time; resident {Environment.WorkingSet >> 20} MB"
                )
            );
    }

    private static void Measure(
        TextWriter output,
        EncoderDecoder model,
        KeyBuffer keys,
        SourceMean mean,
        List<float> exact,
        int count,
        int written,
        int[] beams,
        int threads
    )
    {
        using var threadPool = new ComputeThreadPool(threads);
        var parts = new List<IKeyBlock>();
        for (var left = count; left > 0; left -= keys.Tokens)
        {
            parts.Add(new Part(keys, Math.Min(left, keys.Tokens)));
        }

        var watch = Stopwatch.StartNew();
        var source = new QuantizedSource(parts, mean, threadPool);
        var packed = watch.Elapsed.TotalSeconds;
        var projections = new CrossProjections(model);
        output.WriteLine(
            Line(
                $"{count:N0} tokens: {source.IndexBytes / (double)count:0} bytes a token in the index, {model.Config.HiddenSize + 8} on disk; packed in {packed:0.00} s; resident {Environment.WorkingSet >> 20} MB; recall {Recall(model, projections, source, source):P2}"
            )
        );
        if (count >= model.Config.Window && count <= exact.Count / model.Config.HiddenSize)
        {
            float[] states = [.. exact.Take(count * model.Config.HiddenSize)];
            var truth = new ExactSource(states, model.Config.HiddenSize);
            output.WriteLine(
                Line($"  recall of the best k of states in fp32: {Recall(model, projections, source, truth):P2}")
            );
        }

        foreach (var width in beams)
        {
            var attention = new RetrievalCrossAttention(projections, source, Math.Min(model.Config.Window, 2048))
            {
                Attended = new AttendedSource(source.Tokens),
            };
            using var target = model.CreateTarget(attention, threads);
            var settings = new BeamSettings
            {
                Beams = width,
                MinLength = written + 1,
                MaxLength = written + 1,
            };
            var cpu = Environment.CpuUsage.TotalTime;
            watch.Restart();
            new BeamSearch(target, settings).Run();
            var seconds = watch.Elapsed.TotalSeconds;
            output.WriteLine(
                Line(
                    $"  {written} tokens in {width} beam(s): {seconds:0.0} s, {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:0.0} s of processor time, retrieval {attention.SearchTime.TotalSeconds:0.0} s, {attention.SearchTime.TotalSeconds / seconds:P0}"
                )
            );
        }
    }

    /// <summary>
    /// The share of the true best k among those that the search in integers and the second comparison keep.
    /// </summary>
    private static double Recall(
        EncoderDecoder model,
        CrossProjections projections,
        QuantizedSource source,
        IEncodedSource truth
    )
    {
        const int Queries = 16;
        var top = Math.Min(Math.Min(model.Config.Window, 2048), source.Tokens / 4);
        var random = new Random(9);
        var found = 0.0;
        int[] all = [.. Enumerable.Range(0, source.Tokens)];
        for (var i = 0; i < Queries; i++)
        {
            var query = new float[model.Config.Decoder.HeadDim];
            for (var d = 0; d < query.Length; d++)
            {
                query[d] = random.NextSingle() - 0.5f;
            }

            var expanded = new float[source.Dimensions];
            projections.Expand(
                i % model.Config.Decoder.LayerCount,
                i % model.Config.Decoder.HeadCount,
                query,
                expanded
            );
            var exact = new float[source.Tokens];
            truth.Dot(all, expanded, exact);
            var candidates = (int)(top * 1.125);
            var (best, places) = (new TopScores(candidates), new int[candidates]);
            for (var block = 0; block < source.Blocks; block++)
            {
                var (first, count) = source.RangeOf(block);
                var scores = new float[count];
                source.Score(block, expanded, scores);
                best.Add(scores, first);
            }

            best.Take(places);
            var products = new float[candidates];
            source.Dot(places, expanded, products);
            TopScores.Partition(products, places, top);
            // Equal scores, as repeated tokens have them, count alike.
            var least = exact.OrderDescending().ElementAt(top - 1);
            found += Math.Min(1, places.Take(top).Count(place => exact[place] >= least) / (double)top);
        }

        return found / Queries;
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The first tokens of a buffer.</summary>
    private sealed class Part(KeyBuffer keys, int tokens) : IKeyBlock
    {
        public int Tokens => tokens;

        public ReadOnlySpan<sbyte> Codes(int plane, int first, int count) => keys.Codes(plane, first, count);

        public ReadOnlySpan<float> Scales(int plane, int first, int count) => keys.Scales(plane, first, count);
    }
}
