using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Inference.Tests.Tokenizers;

public sealed class WordPieceTokenizerTests : IDisposable
{
    private static readonly string[] s_vocabulary =
    [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "un",
        "##aff",
        "##able",
        "##a",
        "a",
        "##b",
        ",",
        "##,",
        "[",
        "]",
        "sep",
        "中",
        "e",
        "ß",
        "σ",
        "i",
        "\U0001f600",
        "x",
        "##x",
        "\u1100",
        "##\u1161",
        "É",
        "é",
        "##\u0301",
    ];

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("", "")]
    [InlineData(" \t\r\n ", "")]
    [InlineData("unaffable", "un ##aff ##able")]
    [InlineData("Unaffable,a", "un ##aff ##able , a")]
    [InlineData("unaffabl", "[UNK]")]
    [InlineData("unq a", "[UNK] a")]
    [InlineData("[SEP]", "[ sep ]")]
    [InlineData("a中a", "a 中 a")]
    [InlineData("É é e\u0301", "e e e")]
    [InlineData("Σ ẞ İ", "σ ß i")]
    [InlineData("a\0\u200d\ufffdb", "a ##b")]
    [InlineData("a\u00a0\u3000b", "a [UNK]")]
    [InlineData("\U0001f600\U0001f600", "[UNK]")]
    [InlineData("\U0001f600 \U0001f601", "\U0001f600 [UNK]")]
    [InlineData("a\ud800b\udc00", "a ##b")]
    [InlineData("\ud83d", "")]
    [InlineData("가", "\u1100 ##\u1161")]
    [InlineData("a\u2e43b", "[UNK]")]
    public void Text_becomes_pieces(string text, string pieces)
    {
        var tokenizer = Create();

        var found = tokenizer.Tokenize(text).Select(tokenizer.TokenText);

        Assert.Equal(pieces, string.Join(' ', found));
    }

    [Fact]
    public void A_word_of_more_than_the_limit_is_unknown()
    {
        var tokenizer = Create(maxWordLength: 4);

        Assert.Equal([Id("x"), Id("##x"), Id("##x"), Id("##x")], tokenizer.Tokenize("xxxx"));
        Assert.Equal([Id("[UNK]")], tokenizer.Tokenize("xxxxx"));
        Assert.Equal([Id("[UNK]"), Id("x")], tokenizer.Tokenize(new string('x', 5000) + " x"));
    }

    [Fact]
    public void Without_stripping_and_lower_case_letters_stay_as_they_are()
    {
        var tokenizer = Create(normalizer: """{"type":"BertNormalizer","lowercase":false}""");

        Assert.Equal([Id("É"), Id("é"), Id("[UNK]")], tokenizer.Tokenize("É é A"));
    }

    [Fact]
    public void Accents_stay_when_only_lower_case_is_asked_for()
    {
        var tokenizer = Create(normalizer: """{"type":"BertNormalizer","lowercase":true,"strip_accents":false}""");

        Assert.Equal([Id("é"), Id("i"), Id("##\u0301")], tokenizer.Tokenize("É I\u0301"));
    }

    [Fact]
    public void Without_cleaning_control_characters_are_letters()
    {
        var tokenizer = Create(normalizer: """{"type":"BertNormalizer","clean_text":false}""");

        Assert.Equal([Id("[UNK]"), Id("a")], tokenizer.Tokenize("a\u0001b a"));
    }

    [Fact]
    public void Tokens_are_appended_to_what_the_list_holds()
    {
        var ids = new List<int> { 7 };

        Create().Tokenize("a qq", ids);

        Assert.Equal([7, Id("a"), Id("[UNK]")], ids);
    }

    [Fact]
    public void Punctuation_is_told_from_content()
    {
        var tokenizer = Create();

        Assert.True(tokenizer.IsPunctuation(Id(",")));
        Assert.True(tokenizer.IsPunctuation(Id("##,")));
        Assert.False(tokenizer.IsPunctuation(Id("##a")));
        Assert.False(tokenizer.IsPunctuation(Id("[SEP]")));
        Assert.False(tokenizer.IsPunctuation(Id("中")));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.IsPunctuation(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenText(s_vocabulary.Length));
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("null", "null found")]
    [InlineData("{}", "model: nothing found, expected WordPiece")]
    [InlineData("""{"model":{"type":"BPE"}}""", "model: BPE found, expected WordPiece")]
    [InlineData("""{"model":{"type":"WordPiece"},"normalizer":{"type":"NFC"}}""", "normalizer: NFC found")]
    [InlineData(
        """{"model":{"type":"WordPiece","vocab":{"a":"b"}},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "cannot be read"
    )]
    [InlineData(
        """{"model":{"type":"WordPiece"},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "model.vocab: not found"
    )]
    [InlineData(
        """{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":1}},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "token '[SEP]': id 1 found"
    )]
    [InlineData(
        """{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"[CLS]":7}},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "token '[CLS]': id 7 found"
    )]
    [InlineData(
        """{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"[CLS]":1}},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "token '[SEP]': not found"
    )]
    [InlineData(
        """{"model":{"type":"WordPiece","max_input_chars_per_word":1000000000},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}""",
        "max_input_chars_per_word: 1000000000 found"
    )]
    public void A_file_that_does_not_hold_is_rejected(string json, string message)
    {
        File.WriteAllText(_path, json);

        var e = Assert.Throws<CheckpointException>(() => WordPieceTokenizer.Load(_path));

        Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var e = Assert.Throws<CheckpointException>(() => WordPieceTokenizer.Load(_path));

        Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
    }

    private static int Id(string piece) => Array.IndexOf(s_vocabulary, piece);

    private WordPieceTokenizer Create(int maxWordLength = 100, string normalizer = """{"type":"BertNormalizer"}""")
    {
        var vocabulary = s_vocabulary.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id);
        File.WriteAllText(
            _path,
            $$$"""
            {
              "truncation": {"max_length": 2},
              "normalizer": {{{normalizer}}},
              "pre_tokenizer": {"type": "BertPreTokenizer"},
              "model": {
                "type": "WordPiece",
                "max_input_chars_per_word": {{{maxWordLength}}},
                "vocab": {{{JsonSerializer.Serialize(vocabulary)}}}
              }
            }
            """
        );
        return WordPieceTokenizer.Load(_path);
    }
}
