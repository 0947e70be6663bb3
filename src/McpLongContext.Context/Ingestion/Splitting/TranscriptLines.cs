using System.Text.RegularExpressions;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>How the turns of a transcript begin.</summary>
internal enum TurnStyle
{
    /// <summary>No transcript.</summary>
    None,

    /// <summary><c>[D1:3] Caroline: ...</c>, <c>[00:12:03] Name: ...</c>, <c>12/03/21, 10:15 - Name: ...</c>.</summary>
    Marked,

    /// <summary><c>Speaker: ...</c></summary>
    Plain,

    /// <summary>The name and a time on a line of their own, the words beneath.</summary>
    NameLine,
}

/// <summary>Recognizes the lines of transcripts: turns, and headers of sessions.</summary>
internal static class TranscriptLines
{
    private const int BeginningLength = 120;

    /// <summary>Whether the lines are mostly turns of a few speakers.</summary>
    public static bool IsTranscript(LineIndex lines) => StyleOf(lines) != TurnStyle.None;

    /// <summary>How the turns of the text begin.</summary>
    public static TurnStyle StyleOf(LineIndex lines)
    {
        var filled = 0;
        var counts = new Dictionary<TurnStyle, int>();
        var speakers = new Dictionary<TurnStyle, HashSet<string>>();
        for (var line = 0; line < lines.Count; line++)
        {
            if (lines.IsBlank(line) || IsHeader(lines[line]))
            {
                continue;
            }

            filled++;
            foreach (var style in (ReadOnlySpan<TurnStyle>)[TurnStyle.Marked, TurnStyle.NameLine, TurnStyle.Plain])
            {
                if (Speaker(lines[line], style) is { IsEmpty: false } speaker)
                {
                    counts[style] = counts.GetValueOrDefault(style) + 1;
                    if (!speakers.TryGetValue(style, out var names))
                    {
                        speakers[style] = names = new HashSet<string>(StringComparer.Ordinal);
                    }

                    names.Add(speaker.ToString());
                    break;
                }
            }
        }

        return counts
            .Where(pair => IsEnough(pair.Key, pair.Value, speakers[pair.Key].Count, filled))
            .OrderByDescending(pair => pair.Value)
            .Select(pair => pair.Key)
            .FirstOrDefault();
    }

    /// <summary>Whether a line begins a turn.</summary>
    public static bool IsTurn(ReadOnlySpan<char> line, TurnStyle style) => !Speaker(line, style).IsEmpty;

    /// <summary>Who speaks; empty when the line begins no turn of the style.</summary>
    public static ReadOnlySpan<char> Speaker(ReadOnlySpan<char> line, TurnStyle style)
    {
        var beginning = line[..Math.Min(line.Length, BeginningLength)];
        var expression = style switch
        {
            TurnStyle.Marked => s_markedTurn,
            TurnStyle.Plain => s_plainTurn,
            TurnStyle.NameLine => s_nameLine,
            _ => null,
        };
        if (expression is null)
        {
            return [];
        }

        foreach (var match in expression.EnumerateMatches(beginning))
        {
            var turn = beginning.Slice(match.Index, match.Length).Trim();
            if (style == TurnStyle.Marked)
            {
                turn = turn[0] is '[' or '('
                    ? turn[(turn.IndexOfAny("])") + 1)..]
                    : turn.TrimStart("0123456789/:., -–");
                turn = SkipHalfDay(turn);
            }
            else if (style == TurnStyle.NameLine)
            {
                turn = turn[..turn.IndexOfAnyInRange('0', '9')].TrimEnd(" \t[(,");
            }

            turn = turn.Trim(" \t:<>*-");
            return s_logLevel.IsMatch(turn) ? [] : turn;
        }

        return [];
    }

    private static ReadOnlySpan<char> SkipHalfDay(ReadOnlySpan<char> turn) =>
        turn.StartsWith("AM ", StringComparison.OrdinalIgnoreCase)
        || turn.StartsWith("PM ", StringComparison.OrdinalIgnoreCase)
            ? turn[3..]
            : turn;

    /// <summary>Whether a line heads the turns beneath it: a session, a date, a part.</summary>
    public static bool IsHeader(ReadOnlySpan<char> line) =>
        line.Length is > 0 and < BeginningLength && s_header.IsMatch(line);

    private static bool IsEnough(TurnStyle style, int turns, int speakers, int filled) =>
        style switch
        {
            TurnStyle.Marked => turns >= 3 && turns * 10 >= filled * 3 && speakers * 2 <= turns + 2,
            TurnStyle.NameLine => turns >= 3 && turns * 5 >= filled && speakers * 2 <= turns + 2,
            _ => turns >= 6 && turns * 4 >= filled && speakers >= 2 && speakers * 3 <= turns,
        };

    private static readonly Regex s_markedTurn = new(
        @"^\s*(?:\[[A-Za-z]{0,6}[-#]?\d+(?:[:.]\d+)*\]\s+"
            + @"|[\[(]?(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4},?[ T]+)?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?[\])]?\s+(?:[-–]\s+)?)"
            + @"(?:[^\s:<\[][^:\[\]]{0,59}:(?:\s|$)|<[^>\s][^>]{0,40}>)",
        RegexOptions.NonBacktracking
    );

    private static readonly Regex s_plainTurn = new(
        @"^(?:\*\*|__)?\p{Lu}[\w.'’\-]*(?: [\w.'’&\-]+){0,4}(?: \([^)]{1,40}\))?(?:\*\*|__)?:(?:\*\*|__)?(?:\s|$)",
        RegexOptions.NonBacktracking
    );

    private static readonly Regex s_nameLine = new(
        @"^\p{Lu}[\w.'’\-]*(?: [\w.'’&\-]+){0,4},?\s+[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?[\])]?\s*$",
        RegexOptions.NonBacktracking
    );

    private static readonly Regex s_header = new(
        @"^\s*(?:(?:={2,}|-{3,}|\*{3,})\s*\S.*|#{1,6}\s+\S.*|(?:Session|Meeting|Date|Day|Episode|Part)\s*[:#]?\s*\d[^.?!]{0,60}|\[?\d{4}-\d{2}-\d{2}\]?)\s*$",
        RegexOptions.NonBacktracking
    );

    private static readonly Regex s_logLevel = new(
        @"\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|NOTICE)\b",
        RegexOptions.NonBacktracking
    );
}
