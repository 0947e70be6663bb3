using System.IO.Compression;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>Unigram models that SentencePiece trained, and its ids of generated lines; see tools/golden/unigram.</summary>
public sealed class UnigramGoldenTests : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private static readonly Lazy<Data> s_data = new(() =>
    {
        using var stream = new BrotliStream(Golden.Open("unigram.json.br"), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<Data>(stream, s_json)!;
    });

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("unigram-");

    public static TheoryData<string> Names => ["nmt_nfkc", "bytes", "identity"];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_are_those_of_the_reference(string name)
    {
        var (tokenizer, model) = Load(name);
        for (var i = 0; i < s_data.Value.Lines.Length; i++)
        {
            AssertIds(model.Ids[i], tokenizer.Encode(s_data.Value.Lines[i]), s_data.Value.Lines[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tokens_say_where_in_the_text_they_begin(string name)
    {
        var (tokenizer, _) = Load(name);
        foreach (var line in s_data.Value.Lines)
        {
            var (ids, starts) = tokenizer.Locate(line);
            var utf8 = Encoding.UTF8.GetBytes(line);

            Assert.Equal(tokenizer.Encode(line), ids);
            Assert.Equal(ids.Length + 1, starts.Length);
            Assert.Equal(utf8.Length, starts[^1]);
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.InRange(starts[i], i == 0 ? 0 : starts[i - 1], utf8.Length);
                // Letters of ASCII are replaced by none of these maps.
                var text = Encoding.UTF8.GetString(tokenizer.BytesOf(ids[i])).Trim();
                if (text.Length > 0 && text.All(char.IsAsciiLetterLower) && !line.Any(one => one > 0x7F))
                {
                    var found = Encoding.UTF8.GetString(utf8.AsSpan(starts[i])).TrimStart();
                    Assert.StartsWith(text, found, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoded_tokens_are_the_text_of_the_reference(string name)
    {
        var (tokenizer, model) = Load(name);
        for (var i = 0; i < s_data.Value.Lines.Length; i++)
        {
            // What is unknown is written in another way.
            if (!model.Ids[i].Any(id => tokenizer.Vocabulary.KindOf(id) == TokenKind.Unknown))
            {
                Assert.Equal(model.Texts[i].TrimStart(), tokenizer.Decode(model.Ids[i]).TrimStart());
            }
        }
    }

    [Fact]
    public void A_long_text_is_cut_as_its_words_are()
    {
        var (tokenizer, _) = Load("nmt_nfkc");
        var words = s_data.Value.Lines.SelectMany(line => line.Split(' ')).Where(word => word.All(char.IsAsciiLetter));
        string[] some = [.. words.Where(word => word.Length > 0).Take(300)];
        string[] many = [.. Enumerable.Range(0, 40).SelectMany(_ => some)];

        // Cuts that are equally likely may differ.
        int[] alone = [.. many.SelectMany(word => tokenizer.Encode(word)).Order()];
        Assert.Equal(alone, tokenizer.Encode(string.Join(' ', many)).Order());
    }

    [Fact]
    public void A_tokenizer_json_of_the_same_pieces_gives_the_same_ids()
    {
        var (expected, model) = Load("nmt_nfkc");
        File.Delete(Path.Combine(_folder.FullName, "spiece.model"));
        File.WriteAllText(Path.Combine(_folder.FullName, "tokenizer.json"), UnigramFiles.ToJson(model.Bytes));

        var tokenizer = ModelTokenizer.Load(_folder.FullName);

        Assert.Equal(expected.Vocabulary.Count + 2, tokenizer.Vocabulary.Count);
        foreach (var line in s_data.Value.Lines)
        {
            AssertIds(expected.Encode(line), tokenizer.Encode(line), line);
        }
    }

    [Theory]
    [InlineData("[\"a\"]", "expected a piece and its score")]
    [InlineData("[7,-1]", "is not a tokenizer")]
    [InlineData("[\"a\",1e999]", "a score of")]
    [InlineData("[\"a\",\"b\"]", "is not a tokenizer")]
    [InlineData("[\"LONG\",-1]", "a token of 5000 bytes found, expected at most 1024")]
    public void A_damaged_tokenizer_json_is_refused_by_name(string piece, string message)
    {
        piece = piece.Replace("LONG", new string('a', 5000), StringComparison.Ordinal);
        File.WriteAllText(
            Path.Combine(_folder.FullName, "tokenizer.json"),
            $$$"""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["b",-1],{{{piece}}}]}}"""
        );

        var error = Assert.Throws<CheckpointException>(() => ModelTokenizer.Load(_folder.FullName));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_damaged_model_is_refused_or_read_never_anything_else()
    {
        var bytes = s_data.Value.Models.Single(one => one.Name == "bytes").Bytes;
        var path = Path.Combine(_folder.FullName, "spiece.model");
        var random = new Random(3);
        for (var i = 0; i < 60; i++)
        {
            var damaged = bytes[..(i % 2 == 0 ? bytes.Length : random.Next(bytes.Length))];
            for (var n = 0; n < 4; n++)
            {
                damaged[random.Next(Math.Min(damaged.Length, n % 2 == 0 ? 20_000 : damaged.Length))] = (byte)
                    random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            try
            {
                ModelTokenizer.Load(_folder.FullName).Encode("Some text, ﬁne  日本 🙂 text");
            }
            catch (CheckpointException error)
            {
                Assert.Contains("spiece.model", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_piece_that_names_no_byte_is_refused_by_name()
    {
        var bytes = s_data.Value.Models.Single(one => one.Name == "bytes").Bytes;
        bytes[bytes.AsSpan().IndexOf("<0x41>"u8) + 3] = (byte)'Z';
        File.WriteAllBytes(Path.Combine(_folder.FullName, "spiece.model"), bytes);

        var error = Assert.Throws<CheckpointException>(() => ModelTokenizer.Load(_folder.FullName));

        Assert.Contains(
            "'<0xZ1>' found for a byte, expected <0x00> to <0xFF>",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private (Tokenizer Tokenizer, Model Model) Load(string name)
    {
        var model = s_data.Value.Models.Single(one => one.Name == name);
        File.WriteAllBytes(Path.Combine(_folder.FullName, "spiece.model"), model.Bytes);
        return (ModelTokenizer.Load(_folder.FullName), model);
    }

    private static void AssertIds(int[] expected, int[] found, string line) =>
        Assert.True(
            expected.SequenceEqual(found),
            $"'{line}': {string.Join(' ', found)} found, expected {string.Join(' ', expected)}"
        );

    private sealed record Data(string[] Lines, IReadOnlyList<Model> Models);

    private sealed record Model(
        string Name,
        [property: System.Text.Json.Serialization.JsonPropertyName("model")] string Base64,
        int[][] Ids,
        string[] Texts
    )
    {
        public byte[] Bytes => Convert.FromBase64String(Base64);
    }
}
