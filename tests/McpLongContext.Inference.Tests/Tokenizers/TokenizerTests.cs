using System.Diagnostics;
using System.Text;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>Properties of every tokenizer, on those of real models.</summary>
public sealed class TokenizerTests
{
    private const string Mixed =
        "public static int Añadir(string name) { return 中文 + \U0001f600; } // it's\n\n  \tдом e\u0301 1234567 ½ ᚠ\u0001";

    /// <summary>Every tokenizer of the vectors.</summary>
    public static TheoryData<string> Names => ["llama-spm", "llama-bpe", "gpt-2", "qwen2", "refact"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Text_that_looks_like_a_control_token_stays_text(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var vocabulary = tokenizer.Vocabulary;
        var special = Enumerable
            .Range(0, vocabulary.Count)
            .Where(id => vocabulary.KindOf(id) is TokenKind.Control or TokenKind.UserDefined or TokenKind.Unknown)
            .ToHashSet();
        Assert.NotEmpty(special);

        foreach (var text in special.Select(id => Encoding.UTF8.GetString(vocabulary.BytesOf(id))))
        {
            foreach (var around in (string[])[text, $"a{text}b", $" {text} {text}\n", $"{text}{text}"])
            {
                Assert.DoesNotContain(tokenizer.Encode(around), special.Contains);
                Assert.Equal(around, tokenizer.Decode(tokenizer.Encode(around)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Tokens_cover_a_text_byte_by_byte(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);

        var bytes = tokenizer.Encode(Mixed).SelectMany(id => tokenizer.BytesOf(id).ToArray());

        Assert.Equal(Encoding.UTF8.GetBytes(Mixed), bytes.Skip(tokenizer.PrefixLength));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Characters_appear_with_the_last_of_their_tokens(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var decoder = new TokenDecoder(tokenizer, atStart: true);
        var text = "ab 🧬ᚠ𒀀 é";

        var parts = tokenizer.Encode(text).Select(decoder.Append).Append(decoder.Flush()).ToList();

        Assert.Equal(text, string.Concat(parts));
        Assert.DoesNotContain(parts, part => part.Contains('\uFFFD', StringComparison.Ordinal));
        Assert.Contains("", parts);
    }

    [Fact]
    public async Task A_character_that_is_never_completed_ends_as_a_replacement_character()
    {
        var tokenizer = await TokenizerFiles.GgufAsync("gpt-2");
        var decoder = new TokenDecoder(tokenizer);
        var tokens = tokenizer.Encode("𒀀");

        Assert.Equal("", decoder.Append(tokens[0]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("\uFFFDx", decoder.Append(tokens[0]) + decoder.Append(tokenizer.Encode("x")[0]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_lone_surrogate_is_a_replacement_character(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);

        Assert.Equal(tokenizer.Encode("a\uFFFDb"), tokenizer.Encode("a\ud800b"));
        Assert.Equal(tokenizer.Encode("\uFFFD"), tokenizer.Encode("\udc00"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task No_text_has_no_tokens(string name) =>
        Assert.Empty((await TokenizerFiles.GgufAsync(name)).Encode(""));

    [Theory]
    [InlineData("llama-spm", new[] { 1, 15043 })]
    [InlineData("llama-bpe", new[] { 128000, 9906 })]
    [InlineData("gpt-2", new[] { 15496 })]
    [InlineData("qwen2", new[] { 9707 })]
    public async Task A_prompt_begins_as_the_model_wants_it(string name, int[] expected) =>
        Assert.Equal(expected, (await TokenizerFiles.GgufAsync(name)).EncodePrompt("Hello"));

    [Theory]
    [InlineData("llama-spm", "</s>")]
    [InlineData("llama-bpe", "<|end_of_text|> <|eot_id|>")]
    [InlineData("gpt-2", "<|endoftext|>")]
    [InlineData("qwen2", "<|endoftext|> <|im_end|>")]
    public async Task Generation_ends_at_the_ends_of_texts_and_turns(string name, string ends)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);

        var names = tokenizer
            .Settings.Ends.Order()
            .Select(id => Encoding.UTF8.GetString(tokenizer.Vocabulary.BytesOf(id)));

        Assert.Equal(ends, string.Join(' ', names));
    }

    [Theory]
    [InlineData("llama-spm", "a")]
    [InlineData("llama-spm", " ")]
    [InlineData("llama-bpe", "ab")]
    [InlineData("gpt-2", "=")]
    [InlineData("qwen2", "\n")]
    [InlineData("qwen2", "ж")]
    public async Task A_million_equal_characters_take_hardly_longer_than_any_others(string name, string unit)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
        var watch = Stopwatch.StartNew();

        var tokens = tokenizer.Encode(text);

        // Time that grows with the square of the length would take hours; a busy machine takes some seconds.
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), $"{watch.Elapsed} for a million characters");
        Assert.Equal(text, tokenizer.Decode(tokens));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Long_and_short_pieces_are_merged_alike(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var merges = await NaiveMerges.OfAsync(name);
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var text = new string(random.GetItems("etaoinshrdlu".AsSpan(), random.Next(30, 90)));

            var found = tokenizer.Encode(text).Select(id => Encoding.UTF8.GetString(tokenizer.BytesOf(id)));

            Assert.Equal(NaiveMerges.Apply(merges, new string(' ', tokenizer.PrefixLength) + text), found);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Encoding_allocates_nothing_per_token(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var text = string.Concat(Enumerable.Repeat(Mixed, 100));
        var ids = new List<int>(100_000);
        tokenizer.Encode(text, ids);
        ids.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        tokenizer.Encode(text, ids);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task A_token_that_does_not_exist_is_refused()
    {
        var tokenizer = await TokenizerFiles.GgufAsync("gpt-2");

        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.Vocabulary.Count]));
    }
}
