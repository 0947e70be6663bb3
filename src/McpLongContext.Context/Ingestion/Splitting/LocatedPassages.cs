using McpLongContext.Context.Documents;
using McpLongContext.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Gives passages the places where they stand in the file, and cuts them where a page, cell or slide ends.
/// </summary>
internal static class LocatedPassages
{
    /// <summary>The passages of a text with locations; they still tile it.</summary>
    /// <param name="passages">As the splitter made them.</param>
    /// <param name="text">The text.</param>
    /// <param name="isBesideLines">Whether places are cited beside the lines.</param>
    public static IReadOnlyList<SplitPassage> Of(
        IReadOnlyList<SplitPassage> passages,
        ExtractedText text,
        bool isBesideLines
    )
    {
        var lines = LineIndex.Of(text.Text);
        var cuts = text.Marks.Where(mark => mark.Cuts).Select(mark => lines.Start(mark.Line - 1)).ToList();
        var located = new List<SplitPassage>(passages.Count);
        int start = 0,
            next = 0;
        foreach (var passage in passages)
        {
            var end = start + passage.Text.Length;
            for (; next < cuts.Count && cuts[next] < end; next++)
            {
                var cut = cuts[next];
                if (cut > start && !IsBlank(start, cut) && !IsBlank(cut, end))
                {
                    Add(start, cut, passage.Context);
                    start = cut;
                }
            }

            Add(start, end, passage.Context);
            start = end;
        }

        return located;

        bool IsBlank(int from, int to) => text.Text.AsSpan(from, to - from).IsWhiteSpace();

        void Add(int from, int to, string context)
        {
            var piece = text.Text.AsSpan(from, to - from);
            var first = from + (piece.Length - piece.TrimStart().Length);
            var last = from + piece.TrimEnd().Length - 1;
            var startLine = lines.LineAt(Math.Clamp(first, from, to - 1)) + 1;
            var endLine = Math.Max(startLine, lines.LineAt(Math.Clamp(last, from, to - 1)) + 1);
            if (text.Locate(startLine, endLine) is { } fragment)
            {
                context = new PassageLocation(fragment, isBesideLines).Prefix(context);
            }

            located.Add(new SplitPassage(piece.ToString(), startLine, endLine, context));
        }
    }
}
