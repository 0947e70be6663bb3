using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Analysis.Reading;

namespace McpLongContext.Storage.Lexical;

/// <summary>
/// Where an occurrence of a literal may begin and end: not inside a word, nor inside a longer operator.
/// </summary>
internal sealed class LiteralEdges
{
    private const int MinHashPart = 6;

    /// <summary>Characters of operators; those that also end sentences are among them.</summary>
    private const string Operators = "<>=!+-*/%&|^~?:.#@$";

    /// <summary>
    /// Those that make another operator of one after a word: <c>operator&lt;</c>, <c>operator&lt;&lt;</c>.
    /// </summary>
    private const string Joining = "<>=&|+*";

    /// <summary>Letters that are no part of the word after them where a backslash stands before.</summary>
    private const string EscapeLetters = "abfnrtvedwsz";

    private readonly bool _hasWord;
    private readonly bool _isLetter;
    private readonly bool _isVersion;
    private readonly bool _isHexadecimal;

    public LiteralEdges(string literal)
    {
        _hasWord = literal.Any(char.IsLetterOrDigit);
        _isLetter = literal.Length == 1 && _hasWord;
        _isVersion = char.IsAsciiDigit(literal[0]) && literal.Contains('.', StringComparison.Ordinal);
        _isHexadecimal = literal.Length >= MinHashPart && literal.All(char.IsAsciiHexDigit);
    }

    /// <summary>Whether an occurrence from <paramref name="start"/> to <paramref name="end"/> is whole.</summary>
    public bool AreAt(string text, int start, int end) => IsStart(text, start) && IsEnd(text, start, end);

    private bool IsStart(string text, int at)
    {
        var before = EscapeText.At(text, at - 1);
        if (IsInner(before) && IsInner(text[at]))
        {
            var second = EscapeText.At(text, at - 2);
            return (second == '\\' && EscapeLetters.Contains(before))
                || (_isVersion && char.IsLetter(before))
                || (_isHexadecimal && before is 'x' or 'X' && second == '0');
        }

        return _hasWord && IsInner(text[at]) || !Operators.Contains(before) || !Operators.Contains(text[at]);
    }

    private bool IsEnd(string text, int start, int at)
    {
        (var last, var next) = (text[at - 1], EscapeText.At(text, at));
        if (IsInner(last) && IsInner(next))
        {
            return _isHexadecimal && TermAnalyzer.IsHash(text.AsSpan(start, EscapeText.WordEnd(text, at) - start));
        }

        if (_isLetter)
        {
            return next != '#' && !text.AsSpan(at).StartsWith("++");
        }

        return !Operators.Contains(last)
            || !(_hasWord ? Joining.Contains(next) || next == last : Operators.Contains(next))
            || (next != last && EndsSentence(text, at));
    }

    /// <summary>Whether a mark stands at an index after which nothing follows but a blank.</summary>
    private static bool EndsSentence(string text, int at) =>
        text[at] is '.' or ':' or '!' or '?' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1]));

    private static bool IsInner(char c) => Characters.IsInner(Characters.ClassOf(c));
}
