using System.Collections.Frozen;
using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>Words that a text shows as one although something stands inside: a tag, or the end of a line.</summary>
internal static class WordJoints
{
    private const int LongestTag = 200;
    private const int LongestIndentation = 16;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_inlineTags =
        "a b big code em font i mark s small span strong sub sup tt u wbr"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Tags that break no line, inside a word: <c>H&lt;sub&gt;2&lt;/sub&gt;O</c>.</summary>
    public static int ReadTag(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        if (!IsInner(At(text, at - 1)))
        {
            return 0;
        }

        var end = at;
        while (At(text, end) == '<' && TagLength(text[end..]) is > 0 and var length)
        {
            end += length;
        }

        if (end == at || !IsInner(At(text, end)))
        {
            return 0;
        }

        output.Boundary(text[at - 1], text[end]);
        return end - at;
    }

    /// <summary>A word that is divided at the end of a line.</summary>
    public static int ReadHyphen(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        var end = at + (At(text, at + 1) == '\r' ? 2 : 1);
        if (At(text, end) != '\n' || !char.IsLower(At(text, at - 1)))
        {
            return 0;
        }

        end++;
        var limit = end + LongestIndentation;
        while (end < limit && At(text, end) is ' ' or '\t')
        {
            end++;
        }

        if (!char.IsLower(At(text, end)))
        {
            return 0;
        }

        output.Boundary(text[at - 1], text[end]);
        return end - at;
    }

    private static int TagLength(ReadOnlySpan<char> text)
    {
        var start = At(text, 1) == '/' ? 2 : 1;
        var end = start;
        while (char.IsAsciiLetterLower(At(text, end)))
        {
            end++;
        }

        if (!s_inlineTags.Contains(text[start..end]) || At(text, end) is not ('>' or ' ' or '/'))
        {
            return 0;
        }

        var rest = text[end..Math.Min(text.Length, end + LongestTag)];
        var close = rest.IndexOfAny('>', '<', '\n');
        return close >= 0 && rest[close] == '>' ? end + close + 1 : 0;
    }

    private static bool IsInner(char c) => Characters.IsInner(Characters.ClassOf(c));
}
