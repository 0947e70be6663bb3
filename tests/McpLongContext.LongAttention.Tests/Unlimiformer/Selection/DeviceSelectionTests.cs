using System.Runtime.InteropServices;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Gpu.Tests;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class DeviceSelectionTests : IDisposable
{
    private const int Width = 24;

    private static readonly int[] s_tokens = [1_500, 40, 900];

    private readonly TestDevices _devices = new(1 << 20);
    private readonly ComputeThreadPool _threadPool = new(2);

    public void Dispose()
    {
        _threadPool.Dispose();
        _devices.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keys_on_a_device_select_what_they_select_here(bool fails)
    {
        var random = new Random(3);
        var keys = new KeyBuffer(new KeyShape(1, Width));
        keys.Append(0, Vectors(random, s_tokens.Sum()));
        var query = new SelectionQuery(Vectors(random, 4), [0.5f, 0.5f, -0.5f, -0.5f], 0.6f) { Phrase = 8 };
        using var held = Hold(keys);
        if (fails)
        {
            _devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost"));
        }

        var expected = Select(Memory(keys, query, null), query);
        var found = Select(Memory(keys, query, held), query);

        Assert.Equal(expected.Select(hit => (hit.Text, hit.Token)), found.Select(hit => (hit.Text, hit.Token)));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5));
        Assert.Equal(fails ? 0 : 2, _devices.Search.Status[0].Scans);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_nearest_tokens_on_a_device_are_those_here(bool fails)
    {
        var random = new Random(4);
        var keys = new KeyBuffer(new KeyShape(1, Width));
        keys.Append(0, Vectors(random, s_tokens.Sum()));
        var queries = Vectors(random, 3);
        using var held = Hold(keys);
        if (fails)
        {
            _devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost"));
        }

        var none = new SelectionQuery(Vectors(random, 1), [1], 1);
        var expected = NearestTokens.Of(Memory(keys, none, null), 0, queries, Width, 30, _threadPool);
        var found = NearestTokens.Of(Memory(keys, none, held), 0, queries, Width, 30, _threadPool);

        for (var query = 0; query < expected.Length; query++)
        {
            Assert.Equal(
                expected[query].Select(hit => (hit.Text, hit.Token)),
                found[query].Select(hit => (hit.Text, hit.Token))
            );
            Assert.All(
                expected[query].Zip(found[query]),
                pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-4)
            );
        }

        Assert.Equal(fails ? 0 : 1, _devices.Search.Status[0].Scans);
    }

    private IDeviceKeys Hold(KeyBuffer keys) =>
        _devices.Search.Hold(
            new KeyPlane
            {
                Tokens = keys.Tokens,
                Dimensions = Width,
                Codes = (first, count) => MemoryMarshal.AsBytes(keys.Codes(0, first, count)),
                Scales = (first, count) => MemoryMarshal.AsBytes(keys.Scales(0, first, count)),
            }
        )!;

    private IReadOnlyList<TokenHit> Select(TokenMemory memory, SelectionQuery query) =>
        TokenSelector.Select(memory, query, 50, _threadPool, TestContext.Current.CancellationToken);

    /// <summary>Two texts, the first of two blocks; the last block is never on a device.</summary>
    private static TokenMemory Memory(KeyBuffer keys, SelectionQuery query, IDeviceKeys? held)
    {
        var memory = new TokenMemory();
        memory.Add(new Block(keys, 0, s_tokens[0], held), new Block(keys, s_tokens[0], s_tokens[1], held));
        memory.Add(new Block(keys, s_tokens[0] + s_tokens[1], s_tokens[2], held));
        memory.Add(Width, query.Queries);
        return memory;
    }

    private static float[] Vectors(Random random, int count) =>
        [.. Enumerable.Range(0, count * Width).Select(_ => (random.NextSingle() * 2) - 1)];

    /// <summary>A part of keys that may lie on a device as a whole.</summary>
    private sealed class Block(KeyBuffer keys, int start, int tokens, IDeviceKeys? held) : IKeyBlock
    {
        public int Tokens => tokens;

        public DeviceKeys? OnDevice(int plane) => held is null ? null : new DeviceKeys(held, start);

        public ReadOnlySpan<sbyte> Codes(int plane, int first, int count) => keys.Codes(plane, start + first, count);

        public ReadOnlySpan<float> Scales(int plane, int first, int count) => keys.Scales(plane, start + first, count);
    }
}
