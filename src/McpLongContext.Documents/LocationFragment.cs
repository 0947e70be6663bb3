using System.Text;

namespace McpLongContext.Documents;

/// <summary>
/// The fragments of native citations: <c>page=12</c>, <c>page=12-14</c>, <c>Budget!A5:F24</c>, <c>L10-L14</c>.
/// </summary>
public static class LocationFragment
{
    private const int MaxLength = 120;

    /// <summary>Stands between the ends of a range; no fragment of one place holds it.</summary>
    private const char Range = '\u2013';

    /// <summary>
    /// A fragment of free text (a name, a time) on one line, without what a range or a heading path is parsed by.
    /// </summary>
    public static string Of(string text)
    {
        var result = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (var c in text)
        {
            if (result.Length == MaxLength)
            {
                break;
            }

            var shown = c switch
            {
                Range => '-',
                '>' or '#' => ' ',
                _ when char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c) => ' ',
                _ => c,
            };
            if (shown != ' ' || (result.Length > 0 && result[^1] != ' '))
            {
                result.Append(shown);
            }
        }

        return result.ToString().TrimEnd();
    }

    /// <summary>The fragment from the beginning of one to the end of another.</summary>
    public static string Join(string first, string last)
    {
        var start = first.Split(Range)[0];
        var end = last.Split(Range)[^1];
        if (start == end || first == last)
        {
            return first;
        }

        var cells = CellsOf(start);
        if (cells > 0 && CellsOf(end) is > 0 and var endCells && start[..cells] == EndSheet(end, start[..cells]))
        {
            return start[..start.LastIndexOf(':')] + end[end.LastIndexOf(':')..];
        }

        var key = KeyOf(start);
        return start
            + Range
            + (key.Length > 0 && end.StartsWith(key, StringComparison.Ordinal) ? end[key.Length..] : end);

        static string EndSheet(string end, string sheet) =>
            end.StartsWith(sheet, StringComparison.Ordinal) ? sheet : "";
    }

    /// <summary>A fragment as citations show it.</summary>
    public static string Show(string fragment) => fragment.Replace(Range, '-');

    /// <summary>The <c>page=</c> of <c>page=12</c>.</summary>
    private static string KeyOf(string fragment) => fragment[..(fragment.IndexOf('=', StringComparison.Ordinal) + 1)];

    /// <summary>The length of <c>Budget!</c> in <c>Budget!A5:F5</c>; 0 for any other fragment.</summary>
    private static int CellsOf(string fragment)
    {
        var mark = fragment.LastIndexOf('!');
        return mark > 0 && fragment.IndexOf(':', mark) > 0 ? mark + 1 : 0;
    }
}
