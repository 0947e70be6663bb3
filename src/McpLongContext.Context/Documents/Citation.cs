using McpLongContext.Documents;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Documents;

/// <summary>How a piece of evidence is cited: by lines, or by the page, cell, slide or time of its format.</summary>
/// <param name="Text"><c>path:start-end</c> or <c>path#page=12</c>.</param>
/// <param name="Location">The place in the file, where that is no line: <c>page=12</c>; may be empty.</param>
/// <param name="Context">The headings above.</param>
internal readonly record struct Citation(string Text, string Location, string Context)
{
    /// <summary>The citation of passages in a row.</summary>
    /// <param name="document">The document of the passages.</param>
    /// <param name="path">The document's path as it is shown.</param>
    /// <param name="first">The stored context of the first passage.</param>
    /// <param name="last">The stored context of the last passage.</param>
    /// <param name="lines">The lines that are shown, 1-based.</param>
    public static Citation Of(
        StoredDocument document,
        string path,
        string first,
        string last,
        (int Start, int End) lines
    )
    {
        var byLines = $"{path}:{lines.Start}-{lines.End}";
        if (!StoredKind.HasFormat(document))
        {
            return new Citation(byLines, "", first);
        }

        var context = PassageLocation.Parse(first, out var start);
        PassageLocation.Parse(last, out var end);
        if (start is not { } place)
        {
            return new Citation(byLines, "", context);
        }

        var location = LocationFragment.Show((end is { } stop ? place.To(stop) : place).Fragment);
        return (place.IsBesideLines, LinesOf(location)) switch
        {
            (true, { } source) => new Citation($"{path}:{source}", "", context),
            (true, null) => new Citation(byLines, location, context),
            _ => new Citation($"{path}#{location}", location, context),
        };
    }

    /// <summary><c>10-14</c> of <c>L10-L14</c>: the lines of the file where those of the text are others.</summary>
    private static string? LinesOf(string location)
    {
        var ends = location.Split('-');
        return
            ends.Length <= 2
            && ends.All(end => end.Length > 1 && end[0] == 'L' && !end.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            ? $"{ends[0][1..]}-{ends[^1][1..]}"
            : null;
    }
}
