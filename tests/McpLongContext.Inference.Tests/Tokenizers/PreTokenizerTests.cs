using System.Text;
using System.Text.RegularExpressions;
using McpLongContext.Inference.Tokenizers.PreTokenizers;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The scanners against the regular expressions that they stand for, run by the regex engine of .NET.</summary>
public sealed class PreTokenizerTests
{
    // The engine sees UTF-16, so that texts here stay in the basic plane; the golden tests go beyond.
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3 =
        @"'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string[] s_atoms =
    [
        "a",
        "Z",
        "word",
        "é",
        "中",
        "1",
        "23",
        "4567",
        "½",
        "٣",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\u00a0",
        "\u3000",
        "\u0085",
        "'",
        "'s",
        "'S",
        "'re",
        "'Ve",
        "'ll",
        "’",
        "!",
        "...",
        "$",
        "+",
        "=",
        "_",
        "|",
        "\u0301",
        "\u200b",
        "\0",
        "€",
        "→",
        "\ufffd",
    ];

    [Theory]
    [InlineData("gpt-2", Gpt2)]
    [InlineData("llama-bpe", Llama3)]
    [InlineData("qwen2", Llama3, "{1,3}")]
    [InlineData("smollm", @"\p{N}", "", Gpt2)]
    [InlineData("default", @"[\p{P}$+<=>^~|]+", "", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]")]
    public void Words_are_cut_as_the_expressions_say(
        string name,
        string first,
        string without = "",
        params string[] more
    )
    {
        string[] expressions =
        [
            without.Length > 0 ? first.Replace(without, "", StringComparison.Ordinal) : first,
            .. more,
        ];
        var rules = PreTokenizerRules.OfName("test", name);
        var random = new Random(7);
        for (var i = 0; i < 4000; i++)
        {
            var text = string.Concat(
                Enumerable.Range(0, random.Next(1, 16)).Select(_ => random.GetItems(s_atoms, 1)[0])
            );

            var expected = expressions.Aggregate((IEnumerable<string>)[text], Cut).ToList();
            var found = rules.Aggregate((IEnumerable<string>)[text], Cut).ToList();

            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void A_file_without_a_name_for_its_rules_is_read_by_the_default()
    {
        Assert.Equal(
            PreTokenizerRules.OfName("test", "default").Select(rule => rule.GetType()),
            PreTokenizerRules.OfName("test", null).Select(rule => rule.GetType())
        );
    }

    /// <summary>All matches, and what is between them.</summary>
    private static IEnumerable<string> Cut(IEnumerable<string> pieces, string expression)
    {
        foreach (var piece in pieces)
        {
            var end = 0;
            foreach (Match match in Regex.Matches(piece, expression))
            {
                if (match.Index > end)
                {
                    yield return piece[end..match.Index];
                }

                yield return match.Value;
                end = match.Index + match.Length;
            }

            if (end < piece.Length)
            {
                yield return piece[end..];
            }
        }
    }

    private static IEnumerable<string> Cut(IEnumerable<string> pieces, IPreTokenizer rule)
    {
        foreach (var piece in pieces)
        {
            var rest = Encoding.UTF8.GetBytes(piece).AsMemory();
            while (!rest.IsEmpty)
            {
                var length = rule.FirstPiece(rest.Span);
                yield return Encoding.UTF8.GetString(rest.Span[..length]);
                rest = rest[length..];
            }
        }
    }
}
