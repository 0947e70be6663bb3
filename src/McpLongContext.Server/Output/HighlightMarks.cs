using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Output;

/// <summary>
/// Highlights beside the text of evidence: the numbers of lines that are highlighted whole, and <c>«»</c> around a part
/// of a line. Evidence that is highlighted throughout has neither.
/// </summary>
/// <param name="Text">The text, with the marks of the parts of lines.</param>
/// <param name="Lines">Lines and ranges of lines: <c>12</c>, <c>14-15</c>.</param>
internal sealed record HighlightMarks(string Text, IReadOnlyList<string> Lines)
{
    private const string Opening = "«";
    private const string Closing = "»";

    /// <summary>The marks of the highlights.</summary>
    public static HighlightMarks Of(Evidence evidence)
    {
        var text = evidence.Text;
        var lines = new List<string>();
        foreach (var highlight in evidence.Highlights.Reverse())
        {
            var start = text.IndexOf(
                highlight.Text,
                StartOfLine(text, highlight.StartLine - evidence.StartLine),
                StringComparison.Ordinal
            );
            var end = start + highlight.Text.Length;
            if (start < 0 || (text.AsSpan(0, start).IsWhiteSpace() && text.AsSpan(end).IsWhiteSpace()))
            {
                continue;
            }

            var line = text.LastIndexOf('\n', Math.Max(0, start - 1)) + 1;
            if (text.AsSpan(line, start - line).IsWhiteSpace() && RestOfLine(text, end).IsWhiteSpace())
            {
                lines.Insert(
                    0,
                    highlight.StartLine == highlight.EndLine
                        ? $"{highlight.StartLine}"
                        : $"{highlight.StartLine}-{highlight.EndLine}"
                );
            }
            else
            {
                text = text.Insert(end, Closing).Insert(start, Opening);
            }
        }

        return new HighlightMarks(text, lines);
    }

    private static int StartOfLine(string text, int line)
    {
        var start = 0;
        for (; line > 0; line--)
        {
            start = text.IndexOf('\n', start) + 1;
        }

        return start;
    }

    private static ReadOnlySpan<char> RestOfLine(string text, int start)
    {
        var rest = text.AsSpan(start);
        var end = rest.IndexOf('\n');
        return end < 0 ? rest : rest[..end];
    }
}
