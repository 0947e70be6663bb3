using System.Buffers;
using System.Globalization;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>
/// Splits the text of a passage into its statements: lines of programs and data, sentences of text. A sentence ends at
/// its full stop, at a blank line, and at the end of a line that is no running text (a turn, a heading, a list item).
/// </summary>
internal static class StatementSplitter
{
    /// <summary>Characters from which on a line is a paragraph, which its line feed ends.</summary>
    private const int Paragraph = 160;

    private static readonly SearchValues<char> s_ends = SearchValues.Create(".!?\u2026\u3002\uFF01\uFF1F\n");

    private static readonly SearchValues<char> s_closing = SearchValues.Create("\"')]}\u00BB\u201D\u2019");

    /// <summary>Words whose full stop does not end a sentence.</summary>
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_abbreviations = new HashSet<string>(
        "al approx cf ch co corp dept dr eg eq eqs etc ex fig figs gen hon ie inc jr ltd mr mrs ms no nos op p pp prof rev sec sect sr st tab vol vs".Split(
            ' '
        ),
        StringComparer.OrdinalIgnoreCase
    ).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The statements of a text, in order; blank ones are left out.</summary>
    /// <param name="text">The text of a passage.</param>
    /// <param name="kind">The kind of its document.</param>
    public static List<Statement> Split(string text, DocumentKind kind)
    {
        var isText = kind is DocumentKind.Prose or DocumentKind.Markdown or DocumentKind.Transcript;
        var statements = new List<Statement>();
        var start = 0;
        for (var i = 0; i < text.Length; )
        {
            var next = isText ? text.AsSpan(i).IndexOfAny(s_ends) : text.AsSpan(i).IndexOf('\n');
            if (next < 0)
            {
                break;
            }

            i += next + 1;
            var end = text[i - 1] == '\n' ? EndOfLine(text, start, i, kind) : EndOfSentence(text, i);
            if (end > 0)
            {
                Add(statements, text, start, end);
                start = end;
                i = Math.Max(i, end);
            }
        }

        Add(statements, text, start, text.Length);
        return statements;
    }

    /// <summary>Where a statement ends at a line feed; 0 where the sentence goes on in the next line.</summary>
    private static int EndOfLine(string text, int start, int next, DocumentKind kind)
    {
        var lineStart = next < 2 ? 0 : text.LastIndexOf('\n', next - 2) + 1;
        var goesOn =
            kind is DocumentKind.Prose or DocumentKind.Markdown
            && next - Math.Max(start, lineStart) < Paragraph
            && next < text.Length
            && char.IsLower(text[next])
            && text[lineStart] is not ('#' or '|');
        return goesOn ? 0 : next;
    }

    /// <summary>Where a sentence ends whose last mark stands before <paramref name="next"/>; 0 where none does.</summary>
    private static int EndOfSentence(string text, int next)
    {
        var stop = next - 1;
        var mark = text[stop];
        while (next < text.Length && (s_closing.Contains(text[next]) || text[next] is '.' or '!' or '?'))
        {
            next++;
        }

        if (mark is '\u3002' or '\uFF01' or '\uFF1F')
        {
            return next;
        }

        var space = next;
        while (space < text.Length && text[space] is ' ' or '\t')
        {
            space++;
        }

        return
            space == next
            || space == text.Length
            || !BeginsSentence(text[space])
            || (mark == '.' && IsAbbreviation(text, stop))
            ? 0
            : next;
    }

    private static bool BeginsSentence(char c) =>
        !char.IsLower(c) && !char.IsPunctuation(c)
        || CharUnicodeInfo.GetUnicodeCategory(c)
            is UnicodeCategory.InitialQuotePunctuation
                or UnicodeCategory.OpenPunctuation
        || c is '"' or '\'';

    /// <summary>Whether a full stop belongs to an abbreviation or an initial.</summary>
    private static bool IsAbbreviation(string text, int stop)
    {
        var first = stop;
        while (first > 0 && char.IsLetter(text[first - 1]))
        {
            first--;
        }

        var word = text.AsSpan(first, stop - first);
        return (word.Length == 1 && word[0] is not 'I')
            || s_abbreviations.Contains(word)
            || (first > 1 && text[first - 1] == '.' && char.IsLetter(text[first - 2]));
    }

    private static void Add(List<Statement> statements, string text, int start, int end)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        if (end > start)
        {
            statements.Add(new Statement(start, end));
        }
    }
}
