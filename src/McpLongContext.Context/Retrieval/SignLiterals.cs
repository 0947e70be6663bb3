using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The meaning of the symbols in a question: operators (<c>-&gt;</c>, <c>operator&lt;&lt;</c>, <c>C++</c>), names with
/// a symbol before them (<c>@Override</c>, <c>--no-verify</c>, <c>$HOME</c>), and single letters (<c>Appendix B</c>).
/// </summary>
internal static class SignLiterals
{
    private const string Prefixes = "@$#%&~.-!:/<";
    private const string Suffixes = "+#<>=*&|%~]";

    /// <summary>Between letters these are punctuation unless they are doubled or joined.</summary>
    private static readonly string[] s_operators =
    [
        "<<",
        ">>",
        "==",
        "!=",
        "<=",
        ">=",
        "=>",
        "->",
        "|>",
        "?.",
        "??",
        "&&",
        "||",
        "+=",
        "-=",
        ":=",
        "++",
    ];

    private static readonly char[] s_quotes = [.. "\"'`“”‘’,;"];
    private static readonly char[] s_sentenceEnds = [.. ".:!?…"];

    /// <summary>In a sentence these stand between words; by themselves they may be asked for.</summary>
    private const string Punctuation = ".-–—*…";

    /// <summary>The literals of a question, in their order.</summary>
    /// <param name="text">The question in one line, without its quoted phrases.</param>
    public static IReadOnlyList<string> In(string text)
    {
        var isSentence = TermAnalyzer.Terms(text).Count > 1;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var literals = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            var isLast = i == words.Length - 1;
            var word = words[i].Trim(s_quotes);
            if (!word.Any(char.IsLetterOrDigit))
            {
                var sign = isLast && word.Length > 2 ? word.TrimEnd('?') : word;
                if (sign.Length > 1 && !(isSentence && sign.All(Punctuation.Contains)))
                {
                    literals.Add(sign);
                }

                continue;
            }

            word = Bare(word);
            if (word.Length == 1 && char.IsAsciiLetter(word[0]))
            {
                literals.AddRange(AroundLetter(words, i, word[0]));
            }
            else if (IsSigned(word))
            {
                literals.Add(word);
            }
        }

        return literals.Count == 0 && text.Trim() is { Length: > 0 } whole && !whole.Any(char.IsLetterOrDigit)
            ? [whole]
            : literals;
    }

    private static bool IsSigned(string word) =>
        word.Length > 1
        && (
            Prefixes.Contains(word[0])
            || Suffixes.Contains(word[^1])
            || Array.Exists(s_operators, sign => word.Contains(sign, StringComparison.Ordinal))
        );

    /// <summary>A word without the end of its sentence, the parentheses around it and those of a call.</summary>
    private static string Bare(string word)
    {
        word = word.TrimEnd(s_sentenceEnds);
        word = word.EndsWith("()", StringComparison.Ordinal) && word.Length > 2 ? word[..^2] : word;
        word = word.Contains(')') ? word : word.TrimStart('(', '[', '{');
        return word.Contains('(') || word.Contains('[') ? word : word.TrimEnd(')', ']', '}');
    }

    /// <summary>A letter with the word that it belongs to; in English the words A and I are seldom meant.</summary>
    private static IEnumerable<string> AroundLetter(string[] words, int index, char letter)
    {
        var isWord = letter is 'a' or 'i' || (letter == 'I' && index < words.Length - 1);
        if (isWord)
        {
            yield break;
        }

        var before = index > 0 ? words[index - 1].TrimStart(s_quotes) : "";
        if (IsContent(before))
        {
            yield return $"{before} {letter}";
        }

        var after = index < words.Length - 1 ? Bare(words[index + 1].Trim(s_quotes)) : "";
        if (char.IsUpper(letter) && letter != 'A' && IsContent(after))
        {
            yield return $"{letter} {after}";
        }
    }

    private static bool IsContent(string word) =>
        word.Length > 1 && word.All(char.IsLetterOrDigit) && TermAnalyzer.Terms(word).Count > 0;
}
