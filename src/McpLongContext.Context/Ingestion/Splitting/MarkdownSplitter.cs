using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits text under headings: a passage never crosses a heading, holds about a hundred words, and keeps lists and
/// fenced code together as long as they are not large.
/// </summary>
internal static class MarkdownSplitter
{
    private const int MaxFenceLines = 20;

    public static void Split(LineIndex lines, RawBlocks raw, PassageBuilder passages)
    {
        var packer = new TextPacker(lines, passages);
        var headings = new HeadingPath();
        var line = AddFrontMatter(lines, packer);
        while (line < lines.Count)
        {
            var text = lines[line];
            if (text.IsWhiteSpace())
            {
                line++;
            }
            else if (raw.EndOf(lines, line) is > 0 and var end)
            {
                AddUncut(lines, packer, line, end, headings.Text);
                line = end;
            }
            else if (MarkdownLines.HeadingLevel(text) is > 0 and var level)
            {
                headings.Set(level, text.Trim("#= \t"));
                packer.AddHeading(line++);
            }
            else if (IsUnderlinedHeading(lines, line))
            {
                headings.Set(lines[line + 1][0] == '=' ? 1 : 2, text);
                packer.AddHeading(line);
                line += 2;
            }
            else if (MarkdownLines.Fence(text) is { IsEmpty: false } fence)
            {
                line = AddFence(lines, packer, line, fence, headings.Text);
            }
            else
            {
                line = AddBlock(lines, raw, packer, line, headings.Text);
            }
        }

        packer.Finish(headings.Text);
    }

    private static int AddFrontMatter(LineIndex lines, TextPacker packer)
    {
        if (lines.Count == 0 || !lines[0].TrimEnd().SequenceEqual("---"))
        {
            return 0;
        }

        for (var end = 1; end < Math.Min(lines.Count, 100); end++)
        {
            if (lines[end].TrimEnd().SequenceEqual("---"))
            {
                packer.AddBlock(0, end + 1, context: "");
                return end + 1;
            }
        }

        return 0;
    }

    private static int AddFence(LineIndex lines, TextPacker packer, int first, ReadOnlySpan<char> fence, string context)
    {
        var end = first + 1;
        while (end < lines.Count && !Closes(lines[end], fence))
        {
            end++;
        }

        end = Math.Min(end + 1, lines.Count);
        AddUncut(lines, packer, first, end, context);
        return end;
    }

    /// <summary>Adds code or comment as one block as long as it is not large.</summary>
    private static void AddUncut(LineIndex lines, TextPacker packer, int first, int end, string context)
    {
        if (end - first <= MaxFenceLines)
        {
            packer.AddBlock(first, end, context);
            return;
        }

        var start = first;
        for (var line = first + 1; line < end; line++)
        {
            var length = line - start;
            if (length >= MaxFenceLines || (length >= MaxFenceLines / 2 && lines.IsBlank(line - 1)))
            {
                AddAlone(packer, start, line, context);
                start = line;
            }
        }

        AddAlone(packer, start, end, context);
    }

    private static void AddAlone(TextPacker packer, int first, int end, string context)
    {
        packer.Break();
        packer.AddBlock(first, end, context);
        packer.Break();
    }

    /// <summary>A paragraph, table or list item: up to a blank line, a heading, a fence or the next item.</summary>
    private static int AddBlock(LineIndex lines, RawBlocks raw, TextPacker packer, int first, string context)
    {
        var end = first + 1;
        while (end < lines.Count && !BeginsBlock(lines, end) && !raw.Begins(lines[end]))
        {
            end++;
        }

        packer.AddBlock(first, end, context);
        return end;
    }

    private static bool BeginsBlock(LineIndex lines, int line)
    {
        var text = lines[line];
        return text.IsWhiteSpace()
            || MarkdownLines.IsHeading(text)
            || MarkdownLines.IsListItem(text)
            || !MarkdownLines.Fence(text).IsEmpty;
    }

    private static bool Closes(ReadOnlySpan<char> line, ReadOnlySpan<char> fence)
    {
        var closing = MarkdownLines.Fence(line);
        return closing.Length >= fence.Length && closing[0] == fence[0] && line.Trim().Length == closing.Length;
    }

    private static bool IsUnderlinedHeading(LineIndex lines, int line) =>
        line + 1 < lines.Count
        && MarkdownLines.IsUnderline(lines[line + 1])
        && !MarkdownLines.IsUnderline(lines[line])
        && !MarkdownLines.IsListItem(lines[line])
        && MarkdownLines.Fence(lines[line]).IsEmpty
        && lines[line][0] is not ('|' or '>' or '[');
}
