using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits transcripts: a turn is a passage, under the header of its session. Subtitles are joined, because a cue is a
/// piece of a sentence.
/// </summary>
internal static class TranscriptSplitter
{
    public static void Split(LineIndex lines, PassageBuilder passages)
    {
        var style = TranscriptLines.StyleOf(lines);
        var packer = new TextPacker(lines, passages);
        var headings = new HeadingPath();
        var line = 0;
        while (line < lines.Count)
        {
            if (lines.IsBlank(line))
            {
                line++;
                continue;
            }

            if (TranscriptLines.IsHeader(lines[line]) && !TranscriptLines.IsTurn(lines[line], style))
            {
                headings.Set(0, lines[line].Trim("=-*# \t"));
                packer.AddHeading(line++);
                continue;
            }

            var end = EndOfTurn(lines, line, style);
            if (style != TurnStyle.None)
            {
                packer.Break();
            }

            packer.AddBlock(line, end, headings.Text);
            line = end;
        }

        packer.Finish(headings.Text);
    }

    /// <summary>
    /// A turn continues to the next turn or header; a cue, and what stands before all turns, to a blank line.
    /// </summary>
    private static int EndOfTurn(LineIndex lines, int first, TurnStyle style)
    {
        var endsAtBlank = !TranscriptLines.IsTurn(lines[first], style);
        var end = first + 1;
        while (
            end < lines.Count
            && !(endsAtBlank && lines.IsBlank(end))
            && !TranscriptLines.IsTurn(lines[end], style)
            && !TranscriptLines.IsHeader(lines[end])
        )
        {
            end++;
        }

        return end;
    }
}
