using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>
/// Evidence as an agent or a person reads it best: a citation line, then the lines with their numbers, the best of them
/// named or marked. The numbers keep a document from forging a citation: none of its lines begins a line of the result.
/// </summary>
internal static class EvidenceText
{
    public static string Render(QueryResult result, bool detailed)
    {
        var text = new StringBuilder();
        if (result.Evidence.Count == 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"No evidence found in datastore {VisibleText.Name(result.Datastore)}.\n"
            );
        }

        foreach (var passage in result.Evidence)
        {
            AppendPassage(text, passage, detailed);
        }

        if (result.Freshness is { } freshness)
        {
            text.Append(FreshnessText.Render(freshness)).Append('\n');
        }

        foreach (var note in result.Notes)
        {
            text.Append("Note: ").Append(VisibleText.Name(note)).Append('\n');
        }

        if (result.NextCursor is { } cursor)
        {
            text.Append("More evidence: same question with cursor ").Append(cursor).Append('\n');
        }

        if (result.Answer is { } answer)
        {
            text.Append(AnswerText.Render(answer)).Append('\n');
        }

        if (detailed)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"Searched {result.SearchedPassages} passages in {result.ElapsedMilliseconds:0} ms; about {result.Tokens} tokens returned.\n"
            );
        }

        return text.ToString().TrimEnd('\n');
    }

    private static void AppendPassage(StringBuilder text, Evidence passage, bool detailed)
    {
        text.Append(VisibleText.Name(passage.Citation));
        if (passage.Location.Length > 0 && !passage.Citation.EndsWith(passage.Location, StringComparison.Ordinal))
        {
            text.Append(" at ").Append(VisibleText.Name(passage.Location));
        }

        if (passage.Context.Length > 0)
        {
            text.Append(" (").Append(VisibleText.Name(passage.Context)).Append(')');
        }

        if (passage.Symbols.Count > 0)
        {
            text.Append(" defines ").Append(VisibleText.Name(string.Join(", ", passage.Symbols)));
        }

        if (detailed)
        {
            text.Append(CultureInfo.InvariantCulture, $" score {passage.Score:0.###}");
        }

        var marks = HighlightMarks.Of(passage);
        if (marks.Lines.Count > 0)
        {
            text.Append(" best lines ").AppendJoin(", ", marks.Lines);
        }

        text.Append('\n');
        AppendCopies(text, passage);
        var number = passage.StartLine;
        foreach (var line in marks.Text.TrimEnd('\n').Split('\n'))
        {
            text.Append(number++).Append('\t').Append(VisibleText.Lines(line.TrimEnd('\r'))).Append('\n');
        }

        text.Append('\n');
    }

    private static void AppendCopies(StringBuilder text, Evidence passage)
    {
        if (passage.AlsoAtCount == 0)
        {
            return;
        }

        text.Append("The same at ").AppendJoin(", ", passage.AlsoAt.Select(VisibleText.Name));
        var others = passage.AlsoAtCount - passage.AlsoAt.Count;
        text.Append(others > 0 ? $" and {others} other places\n" : "\n");
    }
}
