using System.Diagnostics;
using System.Runtime.InteropServices;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Search;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Benchmarks.Gpu;

/// <summary>
/// The scans of a search on a device beside the same scans on the processor, over random codes: binary codes of all
/// tokens, and the selection by a decoder's keys.
/// </summary>
internal static class ScanBenchmark
{
    private const int Dimensions = 384;
    private const int CodeBytes = Dimensions / 8;
    private const int TokensPerPassage = 64;
    private const int QueryTokens = 12;
    private const int SegmentTokens = 4 << 20;
    private const int KeyDimensions = 64;
    private const float KeyScale = 0.01f;
    private const int Queries = 200;
    private const int QueriesHere = 10;

    /// <summary>Measures so many million tokens each.</summary>
    public static void Run(TextWriter output, BenchmarkDevice device, IReadOnlyList<double> millions)
    {
        output.WriteLine(
            $"{"", -38} {"load s", 8} {"MB held", 9} {"p50 ms", 9} {"p99 ms", 9} {"here p50", 9} {"here p99", 9} {"max diff", 9}"
        );
        foreach (var count in millions)
        {
            MeasureCodes(output, device, count);
            MeasureKeys(output, device, count, KeyFormat.EightBit);
            MeasureKeys(output, device, count, KeyFormat.Half);
        }
    }

    private static void MeasureCodes(TextWriter output, BenchmarkDevice device, double millions)
    {
        var segments = new List<Segment>();
        for (var left = (long)(millions * 1_000_000); left > 0; left -= SegmentTokens)
        {
            segments.Add(new Segment((int)Math.Min(left, SegmentTokens) / TokensPerPassage, segments.Count));
        }

        var watch = Stopwatch.StartNew();
        var held = segments.ConvertAll(segment => device.Search.Hold(segment.Planes));
        var loaded = watch.Elapsed.TotalSeconds;
        if (held.Contains(null))
        {
            output.WriteLine($"{millions} million token embeddings: no room on the device");
            held.ForEach(one => one?.Dispose());
            return;
        }

        var (query, weights) = Query();
        var scores = new float[segments.Count][];
        var there = device.Times(
            Queries,
            () =>
            {
                for (var i = 0; i < segments.Count; i++)
                {
                    scores[i] = device.Require(held[i]!.ScoreBinaryCodes(segments[i].All, query, weights));
                }
            }
        );
        var expected = new float[segments.Count][];
        var here = device.Times(
            QueriesHere,
            () =>
            {
                for (var i = 0; i < segments.Count; i++)
                {
                    expected[i] = segments[i].Score(query, weights);
                }
            }
        );
        Report(output, $"{millions} million token embeddings", loaded, device.Held, there, here, scores, expected);
        held.ForEach(one => one!.Dispose());
    }

    private static void MeasureKeys(TextWriter output, BenchmarkDevice device, double millions, KeyFormat format)
    {
        var tokens = (int)(millions * 1_000_000);
        if ((long)tokens * KeyDimensions * sizeof(ushort) > Array.MaxLength)
        {
            output.WriteLine(
                $"{millions} million keys: skipped, an array holds no more than {Array.MaxLength / KeyDimensions / sizeof(ushort)}"
            );
            return;
        }

        var block = new Block(tokens);
        var watch = Stopwatch.StartNew();
        block.Held = device.Search.Hold(block.Plane(format));
        var loaded = watch.Elapsed.TotalSeconds;
        var held = device.Held;
        var name = $"{millions} million keys, {(format == KeyFormat.Half ? 16 : 8)} bits";
        if (block.Held is not { } keys)
        {
            output.WriteLine($"{name}: no room on the device");
            return;
        }

        var random = new Random(11);
        var query = new SelectionQuery(
            [.. Enumerable.Range(0, QueryTokens * KeyDimensions).Select(_ => random.NextSingle() - 0.5f)],
            [.. Enumerable.Repeat(1f / QueryTokens, QueryTokens)],
            0.125f
        );
        using var threadPool = new ComputeThreadPool(Environment.ProcessorCount);
        var memory = new Memory(block);
        Measure(
            name,
            () => [.. TokenSelector.Select(memory, query, 256, threadPool).Select(hit => hit.Score * tokens)]
        );
        var one = query.Queries[..KeyDimensions];
        Measure(
            $"{name}, nearest",
            () =>
                [.. NearestTokens.Of(memory, 0, one, KeyDimensions, 64, threadPool)[0].Select(hit => (double)hit.Score)]
        );
        keys.Dispose();

        void Measure(string what, Func<double[]> select)
        {
            double[] found = [];
            double[] expected = [];
            block.Held = keys;
            var there = device.Times(Queries, () => found = select());
            block.Held = null;
            var here = device.Times(QueriesHere, () => expected = select());
            Report(
                output,
                what,
                loaded,
                held,
                there,
                here,
                [Array.ConvertAll(found, score => (float)score)],
                [Array.ConvertAll(expected, score => (float)score)]
            );
        }
    }

    private static void Report(
        TextWriter output,
        string name,
        double loaded,
        long held,
        Times there,
        Times here,
        float[][] scores,
        float[][] expected
    )
    {
        var difference = scores
            .Zip(expected, (some, others) => some.Zip(others, (a, b) => Math.Abs(a - b)).Max())
            .Max();
        output.WriteLine(
            $"{name, -38} {loaded, 8:F2} {held / 1e6, 9:F0} {there.P50, 9:F2} {there.P99, 9:F2} "
                + $"{here.P50, 9:F2} {here.P99, 9:F2} {difference, 9:E1}"
        );
    }

    private static (byte[] Codes, float[] Weights) Query()
    {
        var codes = new byte[QueryTokens * CodeBytes];
        new Random(2).NextBytes(codes);
        return (codes, [.. Enumerable.Repeat(1f, QueryTokens)]);
    }

    /// <summary>Random planes of a segment.</summary>
    private sealed class Segment
    {
        private readonly byte[] _binaryCodes;

        public Segment(int passages, int seed)
        {
            var random = new Random(seed);
            _binaryCodes = new byte[passages * TokensPerPassage * CodeBytes];
            random.NextBytes(_binaryCodes);
            All = [.. Enumerable.Range(0, passages)];
            Planes = new EmbeddingPlanes
            {
                Dimensions = Dimensions,
                Offsets = [.. Enumerable.Range(0, passages + 1).Select(passage => passage * TokensPerPassage)],
                PassageScales = new float[passages],
                PassageCodes = (_, count) => new byte[count * 3 * CodeBytes],
                PassageLevels = new float[8],
                BinaryCodes = (first, count) => _binaryCodes.AsSpan(first * CodeBytes, count * CodeBytes),
                ResidualCodes = (_, count) => new byte[count * (CodeBytes + 1)],
                TokenLevels = new float[2],
                TokenScales = new float[256],
            };
        }

        public EmbeddingPlanes Planes { get; }

        public int[] All { get; }

        /// <summary>The same scores on the processor, all cores.</summary>
        public float[] Score(byte[] query, float[] weights)
        {
            const int Part = 512;
            var scores = new float[All.Length];
            Parallel.For(
                0,
                (All.Length + Part - 1) / Part,
                part =>
                {
                    var first = part * Part;
                    var count = Math.Min(Part, All.Length - first);
                    var maxima = new short[count * weights.Length];
                    BinaryCodes.MaxSimilarity(
                        _binaryCodes.AsSpan(first * TokensPerPassage * CodeBytes, count * TokensPerPassage * CodeBytes),
                        query,
                        CodeBytes,
                        Planes.Offsets.AsSpan(0, count + 1),
                        maxima
                    );
                    for (var i = 0; i < maxima.Length; i++)
                    {
                        scores[first + (i / weights.Length)] += weights[i % weights.Length] * maxima[i] / Dimensions;
                    }
                }
            );
            return scores;
        }
    }

    /// <summary>Random keys, on a device or not.</summary>
    private sealed class Block : IKeyBlock
    {
        private readonly sbyte[] _codes;
        private readonly float[] _scales;

        public Block(int tokens)
        {
            Tokens = tokens;
            _codes = new sbyte[tokens * KeyDimensions];
            new Random(9).NextBytes(MemoryMarshal.AsBytes(_codes.AsSpan()));
            _scales = new float[tokens];
            Array.Fill(_scales, KeyScale);
        }

        public IDeviceKeys? Held { get; set; }

        public int Tokens { get; }

        /// <summary>The keys, in eight bits as they are or in 16 bits.</summary>
        public KeyPlane Plane(KeyFormat format) =>
            format == KeyFormat.Half
                ? new KeyPlane
                {
                    Format = format,
                    Tokens = Tokens,
                    Dimensions = KeyDimensions,
                    Codes = (first, count) => MemoryMarshal.AsBytes(Halves(first, count)),
                }
                : new KeyPlane
                {
                    Tokens = Tokens,
                    Dimensions = KeyDimensions,
                    Codes = (first, count) => MemoryMarshal.AsBytes(Codes(0, first, count)),
                    Scales = (first, count) => MemoryMarshal.AsBytes(Scales(0, first, count)),
                };

        private ReadOnlySpan<Half> Halves(int first, int count) =>
            Array.ConvertAll(Codes(0, first, count).ToArray(), code => (Half)(KeyScale * code));

        public DeviceKeys? OnDevice(int plane) => Held is { } keys ? new DeviceKeys(keys, 0) : null;

        public ReadOnlySpan<sbyte> Codes(int plane, int first, int count) =>
            _codes.AsSpan(first * KeyDimensions, count * KeyDimensions);

        public ReadOnlySpan<float> Scales(int plane, int first, int count) => _scales.AsSpan(first, count);
    }

    private sealed class Memory(Block block) : ITokenMemory
    {
        public IReadOnlyList<TokenMemoryText> Texts { get; } = [new TokenMemoryText("keys", [block])];

        public IReadOnlyList<int> ReadTokens(TokenMemorySpan span) => new int[span.Count];
    }
}
