using System.Text;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;

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

    private async Task<byte[]> CompressAsync(byte[] original, string model)
    {
        using var output = new MemoryStream();
        await Service
            .Get<BitCompressor>()
            .CompressAsync(new MemoryStream(original), output, model, progress: null, Cancellation);
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
}
