using System.Text;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Bits;

namespace McpLongContext.Context.Tests.Bits;

public sealed class BitCompressorTests : BitService
{
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i} of a text\n"))
    );

    public static TheoryData<string, int> Originals =>
        new()
        {
            { Plain, 0 },
            { Plain, 1 },
            { Plain, 7001 },
            { Parity, 300 },
        };

    [Theory]
    [MemberData(nameof(Originals))]
    public async Task A_text_comes_back(string model, int length)
    {
        var original = s_text[..Math.Min(length, s_text.Length)];

        Assert.Equal(original, await DecompressAsync(await CompressAsync(original, model), model));
    }

    [Fact]
    public async Task Bytes_that_no_model_predicts_come_back_and_take_hardly_more()
    {
        var original = new byte[3000];
        new Random(1).NextBytes(original);

        var compressed = await CompressAsync(original, Plain);

        Assert.InRange(compressed.Length, 2990, 3064);
        Assert.Equal(original, await DecompressAsync(compressed, Plain));
    }

    [Theory]
    [InlineData(0, 13_000)]
    [InlineData(7, 3000)]
    public async Task A_block_that_is_shorter_without_the_model_is_kept_so(int period, int most)
    {
        byte[] original = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(period == 0 ? 0 : i % period))];
        using var output = new MemoryStream();

        var done = await Service
            .Get<BitCompressor>()
            .CompressAsync(new MemoryStream(original), output, Plain, progress: null, Cancellation);

        Assert.Equal((2, 0), (done.Blocks, done.ModelBlocks));
        Assert.InRange(output.Length, 1, most);
        Assert.Equal(original, await DecompressAsync(output.ToArray(), Plain));
    }

    [Theory]
    [InlineData(Plain)]
    [InlineData(Parity)]
    public void Lanes_come_back_from_the_code_of_a_model(string name)
    {
        var model = BitTransformer.Load(PathOf(name));
        ReadOnlyMemory<byte>[] lanes = [s_text.AsMemory(0, 90), s_text.AsMemory(90, 90), s_text.AsMemory(180, 41)];

        var codes = LaneCoder.Encode(model, lanes, Cancellation);
        Memory<byte>[] read = [.. lanes.Select(lane => new byte[lane.Length].AsMemory())];
        LaneCoder.Decode(model, [.. codes.Select(code => (ReadOnlyMemory<byte>)code)], read, Cancellation);

        Assert.All(lanes.Zip(read), one => Assert.Equal(one.First.ToArray(), one.Second.ToArray()));
    }

    [Fact]
    public async Task Every_damage_is_noticed()
    {
        var compressed = await CompressAsync(s_text[..600], Plain);
        for (var i = 0; i < compressed.Length; i += 13)
        {
            var damaged = compressed.ToArray();
            damaged[i] ^= 0x10;
            await Assert.ThrowsAsync<ContextException>(() => DecompressAsync(damaged, Plain));
        }

        await Assert.ThrowsAsync<ContextException>(() => DecompressAsync(compressed[..^1], Plain));
        await Assert.ThrowsAsync<ContextException>(() => DecompressAsync([.. compressed, 0], Plain));
    }

    [Fact]
    public async Task Another_model_is_refused_by_name()
    {
        var compressed = await CompressAsync(s_text[..100], Plain);

        var error = await Assert.ThrowsAsync<ContextException>(() => DecompressAsync(compressed, Parity));

        Assert.Contains("was compressed with another model than parity", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_system_is_refused_by_name()
    {
        var compressed = await CompressAsync(s_text[..100], Plain);
        using var input = new MemoryStream(compressed);
        var header = BitArchive.Read(input, "a.mlcb");
        var other = header with { Processor = "windows" + header.Processor[header.Processor.IndexOf('-')..] };
        other = OperatingSystem.IsWindows()
            ? header with
            {
                Processor = other.Processor.Replace("windows", "linux"),
            }
            : other;
        using var moved = new MemoryStream();
        other.Write(moved);
        moved.Write(compressed.AsSpan((int)input.Position));

        var error = await Assert.ThrowsAsync<ContextException>(() => DecompressAsync(moved.ToArray(), Plain));

        Assert.Contains(
            $"kind {other.Processor}, this one is {header.Processor}",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_file_that_grows_meanwhile_comes_back_as_long_as_it_was()
    {
        using var log = new GrowingStream(s_text[..100], s_text[..50]);

        Assert.Equal(s_text[..100], await DecompressAsync(await CompressAsync(log, Plain), Plain));
    }

    private Task<byte[]> CompressAsync(byte[] original, string model) =>
        CompressAsync(new MemoryStream(original), model);

    private async Task<byte[]> CompressAsync(Stream original, string model)
    {
        using var output = new MemoryStream();
        await Service.Get<BitCompressor>().CompressAsync(original, output, model, progress: null, Cancellation);
        return output.ToArray();
    }

    private async Task<byte[]> DecompressAsync(byte[] compressed, string model)
    {
        using var output = new MemoryStream();
        await Service
            .Get<BitCompressor>()
            .DecompressAsync(new MemoryStream(compressed), "a.mlcb", output, model, progress: null, Cancellation);
        return output.ToArray();
    }

    /// <summary>A log to which a line is appended whenever it is read.</summary>
    private sealed class GrowingStream : MemoryStream
    {
        private readonly byte[] _line;

        public GrowingStream(byte[] bytes, byte[] line)
        {
            _line = line;
            Write(bytes);
            Position = 0;
        }

        public override int Read(Span<byte> buffer)
        {
            var position = Position;
            Position = Length;
            Write(_line);
            Position = position;
            var bytes = new byte[buffer.Length];
            var count = base.Read(bytes, 0, bytes.Length);
            bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
    }
}
