using System.IO.Compression;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The default encoder's tokenizer against the reference library; see tools/golden/wordpiece.</summary>
public sealed class WordPieceGoldenTests(MiniLm model) : IClassFixture<MiniLm>
{
    [Fact]
    public void Generated_lines_have_the_ids_of_the_reference()
    {
        using var stream = new BrotliStream(Golden.Open("wordpiece-lines.json.br"), CompressionMode.Decompress);
        using var lines = JsonDocument.Parse(stream);
        var tokenizer = model.Tokenizer;
        var count = 0;
        foreach (var line in lines.RootElement.EnumerateArray())
        {
            var text = GoldenText.Unescape(line[0].GetRawText());
            var expected = line[1].EnumerateArray().Select(id => id.GetInt32()).ToArray();
            var found = tokenizer.Tokenize(text);
            Assert.True(
                expected.AsSpan().SequenceEqual(found),
                $"line {count}: {line[0].GetRawText()}\nexpected {Describe(tokenizer, expected)}\nfound {Describe(tokenizer, found)}"
            );
            count++;
        }

        Assert.Equal(12_000, count);
    }

    [Fact]
    public void Every_code_point_of_Unicode_is_treated_as_by_the_reference()
    {
        const int Block = 1024;
        using var stream = Golden.Open("wordpiece-unicode.json");
        var expected = JsonSerializer.Deserialize<uint[]>(stream)!;
        var tokenizer = model.Tokenizer;
        var ids = new List<int>();
        for (var block = 0; block < expected.Length; block++)
        {
            var hash = 0x811c9dc5u;
            for (var c = block * Block; c < (block + 1) * Block; c++)
            {
                if (!Rune.IsValid(c))
                {
                    continue;
                }

                ids.Clear();
                tokenizer.Tokenize($"a{new Rune(c)}b", ids);
                foreach (var id in ids.Append(ids.Count))
                {
                    hash = (hash ^ (uint)id) * 0x01000193;
                }
            }

            Assert.True(expected[block] == hash, $"block from U+{block * Block:X4}");
        }
    }

    [Fact]
    public void Tokenizing_allocates_nothing_per_word()
    {
        var text = string.Concat(
            Enumerable.Repeat("public static int Añadir(string name) { return 中文 + \U0001f600; }\n", 1000)
        );
        var ids = new List<int>(100_000);
        model.Tokenizer.Tokenize(text, ids);
        ids.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        model.Tokenizer.Tokenize(text, ids);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Describe(WordPieceTokenizer tokenizer, int[] ids) =>
        string.Join(' ', ids.Select(tokenizer.TokenText));
}
