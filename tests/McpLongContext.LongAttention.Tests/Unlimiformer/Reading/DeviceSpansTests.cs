using System.Runtime.InteropServices;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Gpu.Tests;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Reading;

/// <summary>Retrieval attention on a device beside the same here; the window is copied in 16 bits.</summary>
public sealed class DeviceSpansTests : IDisposable
{
    private const int Layer = 1;
    private const int Sinks = 2;
    private const int Tokens = 45;
    private const double Tolerance = 3e-3;

    private readonly Decoder _model = TinyModel.Load("llama3");
    private readonly TestDevices _devices = new(1 << 20);
    private readonly ComputeThreadPool _threadPool = new(2);
    private readonly KeyLayout _layout;

    public DeviceSpansTests() =>
        _layout = KeyLayout.Of(_model.Config, new RetrievalHeads(1, 1, [2], 1), KeyDepth.Full, Layer);

    public void Dispose()
    {
        _threadPool.Dispose();
        _devices.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData(60, 6)]
    [InlineData(9, 6)] // the window slides
    [InlineData(60, 700)] // a span and the window take several parts
    public void Spans_that_a_device_holds_are_attended_to_as_here(int window, int budget)
    {
        var plan = new SpanPlan(Before: budget / 2, After: budget / 2, Budget: budget);
        var (expected, here) = Attend(isHeld: false, plan, window, Tokens);
        var (found, there) = Attend(isHeld: true, plan, window, Tokens);

        // Attention, and the search of each of three blocks.
        Assert.Equal(4 * _model.Config.KeyValueHeadCount, _devices.Search.Status[0].Scans);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        Assert.Equal(here.Select(Place), there.Select(Place));
        Assert.All(here.Zip(there), pair => Assert.Equal(pair.First.Share, pair.Second.Share, Tolerance));
    }

    [Fact]
    public void Few_tokens_search_on_the_device_and_attend_here()
    {
        Attend(isHeld: true, new SpanPlan(2, 2, 8), 20, DeviceSpans.LeastTokens - 1);

        Assert.Equal(3 * _model.Config.KeyValueHeadCount, _devices.Search.Status[0].Scans);
    }

    [Fact]
    public void A_device_that_fails_leaves_the_same_output_to_the_processor()
    {
        var plan = new SpanPlan(2, 2, 8);
        var (expected, _) = Attend(isHeld: false, plan, 20, Tokens);
        _devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost"));

        var (found, _) = Attend(isHeld: true, plan, 20, Tokens);

        Assert.Equal(expected, found);
        Assert.Single(_devices.Warnings);
    }

    [Fact]
    public void A_head_whose_planes_have_no_room_is_left_to_the_processor()
    {
        using var small = new TestDevices(Held.BytesOf(_layout) * 6); // keys and values of three blocks in one head of two
        var plan = new SpanPlan(2, 2, 8);
        var (expected, _) = Attend(isHeld: false, plan, 20, Tokens);

        var (found, _) = Attend(isHeld: true, plan, 20, Tokens, small);

        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        Assert.Equal(3 + 1, small.Search.Status[0].Scans);
        Assert.Contains("no room", Assert.Single(small.Warnings), StringComparison.Ordinal);
    }

    private static (int Text, int First, int Count) Place(AttendedSpan span) =>
        (span.Span.Text, span.Span.First, span.Span.Count);

    /// <summary>The output of a block of tokens, and where its last token looked.</summary>
    private (float[] Output, IReadOnlyList<AttendedSpan> Spans) Attend(
        bool isHeld,
        SpanPlan plan,
        int window,
        int tokens,
        TestDevices? devices = null
    )
    {
        var random = new Random(8);
        var memory = new TokenMemory();
        memory.Add(Block(random), Block(random));
        memory.Add(Block(random));
        var attention = new PerLayerAttention(new ReadingSource(_model, memory, _layout), Sinks, 6, plan, window);
        var output = new float[tokens * _model.Config.QuerySize];
        attention.Attend(
            new AttentionBlock(
                Layer,
                0,
                Numbers(random, output.Length),
                Numbers(random, tokens * _model.Config.KeyValueSize),
                Numbers(random, tokens * _model.Config.KeyValueSize),
                output
            ),
            _threadPool
        );
        return (output, attention.Spans);

        Held Block(Random random)
        {
            var keys = new KeyBuffer(_layout.Shape);
            for (var plane = 0; plane < _layout.Shape.Planes; plane++)
            {
                keys.Append(plane, Numbers(random, Held.BlockTokens * _layout.HeadDim));
            }

            return new Held(keys, isHeld ? (devices ?? _devices).Search : null);
        }
    }

    private static float[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 3) - 1.5))];

    /// <summary>Keys that a device holds, plane by plane, where there is one.</summary>
    private sealed class Held(KeyBuffer keys, ISearchDevices? devices) : IKeyBlock
    {
        public const int BlockTokens = 330;

        private readonly Dictionary<int, IDeviceKeys?> _planes = [];

        public int Tokens => keys.Tokens;

        public static long BytesOf(KeyLayout layout) => BlockTokens * (layout.HeadDim + sizeof(float));

        public DeviceKeys? OnDevice(int plane)
        {
            if (plane == KeyLayout.SelectionPlane || devices is null)
            {
                return null;
            }

            if (!_planes.TryGetValue(plane, out var held))
            {
                held = devices.Hold(
                    new KeyPlane
                    {
                        Tokens = Tokens,
                        Dimensions = keys.Shape.Dimensions,
                        Codes = (first, count) => MemoryMarshal.AsBytes(Codes(plane, first, count)),
                        Scales = (first, count) => MemoryMarshal.AsBytes(Scales(plane, first, count)),
                    }
                );
                _planes.Add(plane, held);
            }

            return held is null ? null : new DeviceKeys(held, 0);
        }

        public ReadOnlySpan<sbyte> Codes(int plane, int first, int count) => keys.Codes(plane, first, count);

        public ReadOnlySpan<float> Scales(int plane, int first, int count) => keys.Scales(plane, first, count);
    }
}
