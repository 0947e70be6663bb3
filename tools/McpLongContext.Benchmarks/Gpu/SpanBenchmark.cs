using System.Runtime.InteropServices;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Benchmarks.Gpu;

/// <summary>
/// Attention of one key/value head of one layer over eight retrieved spans of 32 tokens and a local window, each token with
/// spans of its own: on a device that holds the spans, the window copied along, and on the processor.
/// </summary>
internal static class SpanBenchmark
{
    private const int HeadDim = 64;
    private const int Heads = 8;
    private const int Spans = 8;
    private const int SpanTokens = 32;
    private const int StoredTokens = 65_536;
    private const int Runs = 20;

    private const int Window = 1_792;
    private const int RehearsedWindow = 64;

    private static readonly int[] s_blocks = [1, 8, 32, 128, 512];

    /// <summary>Measures blocks of several sizes; in a rehearsal a small one, and these on the processor alone.</summary>
    public static void Run(TextWriter output, BenchmarkDevice device)
    {
        output.WriteLine();
        output.WriteLine(
            $"{$"attention, {Spans} spans of {SpanTokens}", -52} {"p50 ms", 9} {"p99 ms", 9} {"here p50", 9} {"here p99", 9} {"max diff", 9}"
        );
        using var threadPool = new ComputeThreadPool(Environment.ProcessorCount);
        foreach (
            var (tokens, window) in device.IsRehearsal
                ? [(1, RehearsedWindow)]
                : s_blocks.Select(tokens => (tokens, Window))
        )
        {
            var block = new Block(tokens, window);
            using var keys = Hold(block.Keys);
            using var values = Hold(block.Values);
            if (keys is null || values is null)
            {
                output.WriteLine("no room on the device");
                return;
            }

            SpanAttentionOutput? found = null;
            var there = device.Times(Runs, () => found = device.Require(keys.Attend(block.Input(keys, values))));
            var (here, expected) = Here(block, threadPool);
            var difference = expected.Zip(found!.Output, (a, b) => Math.Abs(a - b)).Max();
            output.WriteLine(
                $"{Name(block), -52} {there.P50, 9:F2} {there.P99, 9:F2} {here.P50, 9:F2} {here.P99, 9:F2} {difference, 9:E1}"
            );
        }

        foreach (var tokens in device.IsRehearsal ? s_blocks : [])
        {
            var block = new Block(tokens, Window);
            var (here, _) = Here(block, threadPool);
            output.WriteLine($"{Name(block), -52} {"-", 9} {"-", 9} {here.P50, 9:F2} {here.P99, 9:F2} {"-", 9}");
        }

        IDeviceKeys? Hold(sbyte[] codes) =>
            device.Search.Hold(
                new KeyPlane
                {
                    Tokens = StoredTokens,
                    Dimensions = HeadDim,
                    Codes = (first, count) => MemoryMarshal.AsBytes(codes.AsSpan(first * HeadDim, count * HeadDim)),
                    Scales = (first, count) => MemoryMarshal.AsBytes(Block.Scales.AsSpan(first, count)),
                }
            );
    }

    private static string Name(Block block) => $"{block.Tokens} tokens of {Heads} heads, window {block.Window}";

    private static (Times Times, float[] Output) Here(Block block, ComputeThreadPool threadPool)
    {
        var output = new float[block.Tokens * Heads * HeadDim];
        return (BenchmarkDevice.Measure(Runs, () => block.Attend(output, threadPool)), output);
    }

    /// <summary>Tokens of a sequence, each with spans of its own among stored tokens.</summary>
    private sealed class Block
    {
        private const float Scale = 0.01f;

        private readonly int _tokens;
        private readonly int _window;
        private readonly float[] _queries;
        private readonly float[] _keys;
        private readonly float[] _values;
        private readonly int[] _firsts;
        private readonly RotaryTable _rotary;

        public Block(int tokens, int window)
        {
            var random = new Random(3);
            (_tokens, _window) = (tokens, window);
            Keys = Codes(random);
            Values = Codes(random);
            _queries = Numbers(random, tokens * Heads);
            _keys = Numbers(random, window + tokens);
            _values = Numbers(random, window + tokens);
            _firsts = [.. Enumerable.Range(0, tokens * Spans).Select(_ => random.Next(StoredTokens - SpanTokens))];
            _rotary = new RotaryTable(
                [.. Enumerable.Range(0, HeadDim / 2).Select(pair => Math.Pow(10_000, -2.0 * pair / HeadDim))],
                1
            );
            _rotary.Extend(Positions);
        }

        public static float[] Scales { get; } = [.. Enumerable.Repeat(Scale, StoredTokens)];

        public int Tokens => _tokens;

        public int Window => _window;

        public sbyte[] Keys { get; }

        public sbyte[] Values { get; }

        private int Positions => (Spans * SpanTokens) + _window;

        public SpanAttentionInput Input(IDeviceKeys keys, IDeviceKeys values)
        {
            var parts = new List<SpanPart>();
            for (var query = 0; query < _tokens * Heads; query++)
            {
                var token = query / Heads;
                for (var span = 0; span < Spans; span++)
                {
                    parts.Add(new SpanPart(query, 0, _firsts[(token * Spans) + span], SpanTokens, span * SpanTokens));
                }

                for (var done = 0; done < _window; done += SpanPart.MaxTokens)
                {
                    var count = Math.Min(SpanPart.MaxTokens, _window - done);
                    var position = (Spans * SpanTokens) + done;
                    parts.Add(new SpanPart(query, SpanPart.Sequence, token + 1 + done, count, position));
                }
            }

            return new SpanAttentionInput
            {
                Dimensions = HeadDim,
                Scale = 0.125f,
                Queries = _queries,
                Positions = [.. Enumerable.Repeat(Positions - 1, _tokens * Heads)],
                Rotation = _rotary.ToArray(Positions),
                Keys = Array.ConvertAll(_keys, number => (Half)number),
                Values = Array.ConvertAll(_values, number => (Half)number),
                Planes = [(keys, values)],
                Parts = [.. parts],
            };
        }

        /// <summary>The same as per-layer retrieval attends on the processor.</summary>
        public void Attend(float[] output, ComputeThreadPool threadPool) =>
            threadPool.Run(
                _tokens,
                token =>
                {
                    var cache = new KeyValueCache(1, HeadDim);
                    for (var span = 0; span < Spans; span++)
                    {
                        var first = _firsts[(token * Spans) + span];
                        cache.Append(Read(Keys, first), Read(Values, first));
                    }

                    var local = (token + 1) * HeadDim;
                    cache.Append(_keys.AsSpan(local, _window * HeadDim), _values.AsSpan(local, _window * HeadDim));
                    GroupedQueryAttention.Attend(
                        _queries.AsSpan(token * Heads * HeadDim, Heads * HeadDim),
                        cache,
                        _rotary,
                        0.125f,
                        int.MaxValue,
                        new AttentionPart(1, 0, 0, 1),
                        output.AsSpan(token * Heads * HeadDim, Heads * HeadDim)
                    );
                }
            );

        private static float[] Read(sbyte[] codes, int first) =>
            Array.ConvertAll(codes[(first * HeadDim)..((first + SpanTokens) * HeadDim)], code => Scale * code);

        private static sbyte[] Codes(Random random)
        {
            var codes = new sbyte[StoredTokens * HeadDim];
            random.NextBytes(MemoryMarshal.AsBytes(codes.AsSpan()));
            return codes;
        }

        private static float[] Numbers(Random random, int vectors) =>
            [.. Enumerable.Range(0, vectors * HeadDim).Select(_ => random.NextSingle() - 0.5f)];
    }
}
