using System.Runtime.InteropServices;
using System.Text.Json;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Checkpoints.Gguf.Blocks;

namespace McpLongContext.Inference.Tests.Checkpoints.Gguf;

/// <summary>Random blocks of every type against a decoder in numpy, bit for bit; see tools/golden/gguf.</summary>
public sealed class BlockDecoderTests
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, Sample> s_samples = ReadSamples();

    public static TheoryData<string> Types() => [.. s_samples.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_element_is_bit_for_bit_that_of_the_reference(string name)
    {
        var sample = s_samples[name];
        var type = Enumerable.Range(0, 64).Select(id => GgufType.Find((uint)id)).Single(type => type?.Name == name)!;
        var expected = MemoryMarshal.Cast<byte, int>(sample.Values).ToArray();
        var values = new float[sample.Blocks.Length / type.BlockBytes * type.BlockElements];

        BlockDecoder.Find(type)!(sample.Blocks, values);

        Assert.Equal(expected, values.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Every_supported_type_has_a_sample() =>
        Assert.Equal(BlockDecoder.Supported, s_samples.Keys.Order(StringComparer.Ordinal));

    private static Dictionary<string, Sample> ReadSamples()
    {
        using var stream = Golden.Open("gguf-blocks.json");
        return JsonSerializer.Deserialize<Dictionary<string, Sample>>(stream, s_json)!;
    }

    private sealed record Sample(byte[] Blocks, byte[] Values);
}
