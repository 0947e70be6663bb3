using System.IO.Compression;
using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>
/// The tokenizer of Llama 2 from the three formats that have it, against another implementation; see tools/golden/bpe.
/// </summary>
public sealed class SentencePieceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sentencepiece-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_gguf_file_gives_the_tokens_of_the_reference() =>
        AssertGolden(await TokenizerFiles.GgufAsync("llama-spm"));

    [Fact]
    public async Task A_tokenizer_json_gives_the_tokens_of_the_reference()
    {
        await WriteJsonAsync("Prepend");
        AssertGolden(TokenizerJson.Load(_folder.FullName));
        await WriteJsonAsync("Metaspace");
        AssertGolden(TokenizerJson.Load(_folder.FullName));
    }

    [Fact]
    public async Task A_tokenizer_of_llama2_c_gives_the_tokens_of_the_reference()
    {
        var model = await new ModelStore().InstallAsync("stories15m", cancellation: Cancellation);

        var tokenizer = TokenizerBin.Load(Path.Combine(model.Folder, TokenizerBin.FileName));

        AssertGolden(tokenizer);
        Assert.Equal(new[] { 1, 9038, 2501, 263, 931 }, tokenizer.EncodePrompt("Once upon a time"));
        Assert.Equal([1, 2], tokenizer.Settings.Ends.Order());
    }

    [Fact]
    public async Task The_space_before_a_text_belongs_to_no_text()
    {
        var tokenizer = await TokenizerFiles.GgufAsync("llama-spm");
        var tokens = tokenizer.Encode("Hello");

        Assert.Equal("Hello", tokenizer.Decode(tokens));
        Assert.Equal(" Hello", new TokenDecoder(tokenizer).Append(tokens[0]));
        Assert.Equal(" Hello", tokenizer.Decode(tokenizer.Encode(" Hello")));
        Assert.Equal(tokenizer.Encode("a b"), tokenizer.Encode("a\u2581b"));
    }

    [Theory]
    [InlineData(new byte[] { 1, 0 }, "2 bytes found")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 65 }, "token 0 at byte 4 does not fit")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 65 }, "1 tokens found, expected at least 259")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255 }, "does not fit")]
    public void A_damaged_file_of_llama2_c_is_refused(byte[] content, string message)
    {
        var path = Path.Combine(_folder.FullName, TokenizerBin.FileName);
        File.WriteAllBytes(path, content);

        var e = Assert.Throws<CheckpointException>(() => TokenizerBin.Load(path));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private static void AssertGolden(Tokenizer tokenizer)
    {
        using var stream = new BrotliStream(Golden.Open("bpe-lines.json.br"), CompressionMode.Decompress);
        using var lines = JsonDocument.Parse(stream);
        foreach (var line in lines.RootElement.EnumerateArray())
        {
            var text = GoldenText.Unescape(line[0].GetRawText());
            var expected = line[4].EnumerateArray().Select(id => id.GetInt32()).ToArray();
            Assert.True(
                expected.AsSpan().SequenceEqual(tokenizer.Encode(text)),
                $"{line[0].GetRawText()}\nexpected {string.Join(' ', expected)}\nfound {string.Join(' ', tokenizer.Encode(text))}"
            );
        }
    }

    /// <summary>The vocabulary of the vectors in the other format: every way to put a token together is a merge.</summary>
    private async Task WriteJsonAsync(string spaces)
    {
        using var file = GgufFile.Open(await TokenizerFiles.VectorAsync("ggml-vocab-llama-spm.gguf"));
        var tokens = file.Metadata.GetStrings("tokenizer.ggml.tokens");
        var scores = file.Metadata.FindSingles("tokenizer.ggml.scores")!;
        var pieces = tokens.Skip(259).ToHashSet(StringComparer.Ordinal);
        var merges = tokens
            .Select((token, id) => (token, score: scores[id]))
            .Skip(259)
            .SelectMany(one =>
                Enumerable
                    .Range(1, one.token.Length - 1)
                    .Select(cut => (Left: one.token[..cut], Right: one.token[cut..], one.score))
            )
            .Where(merge => pieces.Contains(merge.Left) && pieces.Contains(merge.Right))
            .OrderByDescending(merge => merge.score)
            .Select(merge => new[] { merge.Left, merge.Right });
        object? prepend = new { type = "Prepend", prepend = "\u2581" };
        object? replace = new
        {
            type = "Replace",
            pattern = new { String = " " },
            content = "\u2581",
        };
        object? metaspace = new
        {
            type = "Metaspace",
            replacement = "\u2581",
            prepend_scheme = "first",
            split = false,
        };
        var json = new
        {
            added_tokens = tokens
                .Take(3)
                .Select(
                    (content, id) =>
                        new
                        {
                            id,
                            content,
                            special = true,
                        }
                ),
            normalizer = spaces == "Prepend"
                ? new { type = "Sequence", normalizers = new[] { prepend, replace } }
                : null,
            pre_tokenizer = spaces == "Metaspace" ? metaspace : null,
            model = new
            {
                type = "BPE",
                unk_token = "<unk>",
                fuse_unk = true,
                byte_fallback = true,
                vocab = tokens.Select((token, id) => (token, id)).ToDictionary(one => one.token, one => one.id),
                merges,
            },
        };
        await File.WriteAllBytesAsync(
            Path.Combine(_folder.FullName, TokenizerJson.FileName),
            JsonSerializer.SerializeToUtf8Bytes(json),
            Cancellation
        );
    }
}
