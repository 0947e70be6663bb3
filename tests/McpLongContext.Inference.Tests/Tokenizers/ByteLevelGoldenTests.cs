using System.IO.Compression;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The tokenizers of GPT-2, Llama 3 and Qwen 2 against other implementations; see tools/golden/bpe.</summary>
public sealed class ByteLevelGoldenTests
{
    [Theory]
    [InlineData("gpt2", "gpt-2", 1)]
    [InlineData("llama3", "llama-bpe", 2)]
    [InlineData("qwen2", "qwen2", 3)]
    public async Task Generated_lines_have_the_tokens_of_the_reference(string json, string gguf, int column)
    {
        var fromJson = await TokenizerFiles.JsonAsync(json);
        var fromGguf = await TokenizerFiles.GgufAsync(gguf);
        using var stream = new BrotliStream(Golden.Open("bpe-lines.json.br"), CompressionMode.Decompress);
        using var lines = JsonDocument.Parse(stream);
        var compared = 0;
        foreach (var line in lines.RootElement.EnumerateArray())
        {
            if (line[column].ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var text = GoldenText.Unescape(line[0].GetRawText());
            var expected = line[column].EnumerateArray().Select(id => id.GetInt32()).ToArray();

            AssertSame(line[0], expected, fromJson.Encode(text), fromJson);
            AssertSame(line[0], expected, fromGguf.Encode(text), fromGguf);
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), fromJson.Decode(expected));
            compared++;
        }

        Assert.InRange(compared, 1850, 2000);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("qwen2")]
    public async Task Every_code_point_of_Unicode_is_treated_as_by_the_reference(string name)
    {
        const int Block = 1024;
        using var stream = Golden.Open("bpe-unicode.json");
        using var golden = JsonDocument.Parse(stream);
        var expected = golden.RootElement.GetProperty(name).EnumerateArray().Select(hash => hash.GetUInt32()).ToArray();
        var tokenizer = await TokenizerFiles.JsonAsync(name);
        var ids = new List<int>();
        var other = new List<string>();
        for (var block = 0; block < expected.Length; block++)
        {
            var hash = 0x811c9dc5u;
            for (var c = block * Block; c < (block + 1) * Block; c++)
            {
                if (!Rune.IsValid(c) || c is >= 0x1D2C0 and <= 0x1D2D3) // younger than the reference
                {
                    continue;
                }

                var x = new Rune(c).ToString();
                ids.Clear();
                tokenizer.Encode($"a{x}b 1{x}1 {x}{x}'{x}", ids);
                foreach (var id in ids.Append(ids.Count))
                {
                    hash = (hash ^ (uint)id) * 0x01000193;
                }
            }

            if (expected[block] != hash)
            {
                other.Add($"{block * Block:X4}");
            }
        }

        Assert.Equal("", string.Join(' ', other));
    }

    private static void AssertSame(JsonElement line, int[] expected, int[] found, Tokenizer tokenizer) =>
        Assert.True(
            expected.AsSpan().SequenceEqual(found),
            $"{line.GetRawText()}\nexpected {Describe(tokenizer, expected)}\nfound {Describe(tokenizer, found)}"
        );

    private static string Describe(Tokenizer tokenizer, int[] ids) =>
        string.Join('|', ids.Select(id => $"{Encoding.Latin1.GetString(tokenizer.BytesOf(id))}"));
}
