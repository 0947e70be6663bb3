using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;
using McpLongContext.Inference.Tests.Checkpoints.Gguf;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>Statements of a GGUF file's metadata about a tokenizer, and those that are refused.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.gguf");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Tokens_scores_and_kinds_make_a_tokenizer()
    {
        var tokenizer = Load(
            SentencePiece(["<unk>", "<s>", "a", "b", "ab", "\u2581", "<0x0A>"], [2, 3, 1, 1, 1, 1, 6])
        );

        // "é" has no token and no bytes: it is unknown, once.
        Assert.Equal([5, 4, 6, 0, 2], tokenizer.Encode("ab\néa"));
        Assert.Equal("ab\n\uFFFDa", tokenizer.Decode([5, 4, 6, 0, 2]));
        Assert.Equal([1, 5, 3], tokenizer.EncodePrompt("b"));
    }

    [Fact]
    public void A_space_is_put_before_a_text_unless_the_file_says_no()
    {
        var file = SentencePiece(["<unk>", "<s>", "a", "\u2581"], [2, 3, 1, 1])
            .Pair("tokenizer.ggml.add_space_prefix", 7, 0);

        Assert.Equal([2], Load(file).Encode("a"));
    }

    [Fact]
    public void The_higher_score_is_merged_first()
    {
        string[] tokens = ["<unk>", "<s>", "a", "b", "c", "ab", "bc", "\u2581"];
        int[] kinds = [2, 3, 1, 1, 1, 1, 1, 1];

        Assert.Equal([7, 5, 4], Load(SentencePiece(tokens, kinds, 0, 0, -9, -9, -9, -1, -2, 0)).Encode("abc"));
        Assert.Equal([7, 2, 6], Load(SentencePiece(tokens, kinds, 0, 0, -9, -9, -9, -2, -1, 0)).Encode("abc"));
        Assert.Equal([7, 5, 4], Load(SentencePiece(tokens, kinds, 0, 0, -9, -9, -9, -1, -1, 0)).Encode("abc"));
    }

    [Fact]
    public void Numbers_of_tokens_that_do_not_exist_count_for_nothing()
    {
        var file = SentencePiece(["<unk>", "<s>", "a", "\u2581"], [2, 3, 1, 1])
            .Pair("tokenizer.ggml.eos_token_id", 4, GgufBuilder.Bytes(9u));

        Assert.Null(Load(file).Settings.End);
        Assert.Empty(Load(file).Settings.Ends);
    }

    [Theory]
    [InlineData("falcon3", "llama-bpe")]
    [InlineData("falcon-h1", "llama-bpe")]
    [InlineData("pixtral", "llama-bpe")]
    [InlineData("midm-2.0", "llama-bpe")]
    [InlineData("lfm2", "llama-bpe")]
    [InlineData("jina-v5-nano", "llama-bpe")]
    [InlineData("megrez", "qwen2")]
    [InlineData("deepseek-r1-qwen", "qwen2")]
    [InlineData("hunyuan", "qwen2")]
    [InlineData("gigachat", "gpt-2")]
    [InlineData("exaone4", "gpt-2")]
    [InlineData("granite-docling", "gpt-2")]
    [InlineData("minerva-7b", "starcoder")]
    public void Names_of_equal_rules_cut_text_equally(string name, string known)
    {
        const string Text = "It's 12345 x1\n\n  y\t!? don'T";
        var (one, other) = (Load(Bytes(name)), Load(Bytes(known)));

        Assert.Equal(other.EncodePrompt(Text), one.EncodePrompt(Text));
        Assert.Equal(known == "llama-bpe", one.EncodePrompt(Text)[0] == 0);

        // "12345" is one token for which no merge leads there, "345" and "12" are such: what a rule cuts out whole.
        static GgufBuilder Bytes(string rules)
        {
            string[] added = ["12345", "123", "12", "345", "It", "'s"];
            string[] tokens = [.. Enumerable.Range(0, 256).Select(Letter), .. added];
            string[] merges = ["1 2", "4 5", "I t", "' s"];
            return new GgufBuilder()
                .Text("tokenizer.ggml.model", "gpt2")
                .Text("tokenizer.ggml.pre", rules)
                .Array("tokenizer.ggml.tokens", 8, 263, [.. tokens.Append("45").SelectMany(GgufBuilder.Text)])
                .Array("tokenizer.ggml.merges", 8, (ulong)merges.Length, [.. merges.SelectMany(GgufBuilder.Text)])
                .Pair("tokenizer.ggml.bos_token_id", 4, GgufBuilder.Bytes(0u));
        }

        static string Letter(int value) =>
            ((char)(value is (>= '!' and <= '~') or (>= 0xA1 and not 0xAD) ? value : 256 + value)).ToString();
    }

    [Fact]
    public void What_is_missing_or_not_supported_is_named()
    {
        Assert.Contains("tokenizer.ggml.model", Refused(new GgufBuilder()));
        Assert.Contains("'bert' found, expected gpt2", Refused(new GgufBuilder().Text("tokenizer.ggml.model", "bert")));
        Assert.Contains("tokenizer.ggml.tokens", Refused(new GgufBuilder().Text("tokenizer.ggml.model", "llama")));
        Assert.Contains(
            "scores: 1 found, expected one for each of 3",
            Refused(SentencePiece(["<unk>", "a", "b"], [2, 1, 1], 0))
        );
        Assert.Contains("token_type: 2 found, expected 3", Refused(SentencePiece(["<unk>", "a", "b"], [2, 1])));
        Assert.Contains("token_type: 9 found, expected 1 to 6", Refused(SentencePiece(["<unk>", "a"], [2, 9])));
        Assert.Contains("'x' found for a byte", Refused(SentencePiece(["<unk>", "x"], [2, 6])));
        Assert.Contains("no tokens for all bytes", Refused(SentencePiece(["a", "b"], [1, 1])));
        Assert.Contains("tokenizer.ggml.pre: 'tekken' found", Refused(ByteLevel("tekken")));
        Assert.Contains("no token for '!'", Refused(ByteLevel("gpt-2")));
    }

    private static GgufBuilder SentencePiece(string[] tokens, int[] kinds, params float[] scores) =>
        new GgufBuilder()
            .Text("tokenizer.ggml.model", "llama")
            .Array("tokenizer.ggml.tokens", 8, (ulong)tokens.Length, [.. tokens.SelectMany(GgufBuilder.Text)])
            .Array("tokenizer.ggml.token_type", 5, (ulong)kinds.Length, GgufBuilder.Bytes(kinds))
            .Array(
                "tokenizer.ggml.scores",
                6,
                (ulong)(scores.Length > 0 ? scores.Length : tokens.Length),
                GgufBuilder.Bytes(scores.Length > 0 ? scores : new float[tokens.Length])
            )
            .Pair("tokenizer.ggml.bos_token_id", 4, GgufBuilder.Bytes(1u));

    private static GgufBuilder ByteLevel(string rules) =>
        new GgufBuilder()
            .Text("tokenizer.ggml.model", "gpt2")
            .Text("tokenizer.ggml.pre", rules)
            .Array("tokenizer.ggml.tokens", 8, 1, GgufBuilder.Text("a"))
            .Array("tokenizer.ggml.merges", 8, 0, []);

    private string Refused(GgufBuilder file)
    {
        var message = Assert.Throws<CheckpointException>(() => Load(file)).Message;
        Assert.StartsWith(_path, message, StringComparison.Ordinal);
        return message;
    }

    private Tokenizer Load(GgufBuilder builder)
    {
        File.WriteAllBytes(_path, builder.Build());
        using var file = GgufFile.Open(_path);
        return GgufTokenizer.Load(file);
    }
}
