using System.Globalization;
using System.Text.RegularExpressions;

namespace McpLongContext.Context.Retrieval;

/// <summary>A place in a program that a question names, such as a call of a stack trace.</summary>
/// <param name="Path">The file as it was written, or the folders and the file that a class name stands for.</param>
/// <param name="Line">The line, 1-based; 0 when it is not known.</param>
/// <param name="Function">The function, where it is needed to find the line; may be empty.</param>
internal readonly record struct StackFrame(string Path, int Line, string Function = "");

/// <summary>
/// The calls in a stack trace, that of the failure first, in the notations of Python, Java, .NET, JavaScript, Go, Rust,
/// Ruby, PHP and others that write <c>file:line</c>.
/// </summary>
internal static class StackTrace
{
    /// <summary>The longest text that is read.</summary>
    public const int MaxLength = 200_000;

    private const int NearFrames = 4;
    private const int MaxMessages = 10;
    private const int MaxMessageLength = 400;

    /// <summary>From so many calls on, it is a trace and not a question about a place.</summary>
    private const int MinFrames = 3;

    /// <summary>
    /// A file and a line: <c>a.py", line 3</c>, <c>A.java:3</c>, <c>A.cs:line 3</c>, <c>a.php(3)</c>.
    /// </summary>
    private static readonly Regex s_place = QueryAnalyzer.Linear(
        """
        (?<path> (?:[A-Za-z]:[\\/])? [^\s"'`()<>|*?:,;{}]+ \. [A-Za-z]\w{0,9} )
        (?: ", \s line \s | :line \s | : | \( | ,? \s (?:on \s)? line \s | "\},\{line, )
        (?<line> \d{1,7} )
        """,
        RegexOptions.IgnorePatternWhitespace
    );

    /// <summary>A method of a virtual machine: <c>at com.shop.Rounding.toCents(Rounding.java:6)</c>.</summary>
    private static readonly Regex s_method = QueryAnalyzer.Linear(
        """
        \b at \s+ (?:[\w.$@-]+/)* (?<type> [\w$.`+<>|]+ ) \. (?<function> [\w$<>|`]+ (?:\[[^\]]*\])? ) \( (?<inside> [^()]* ) \)
        """,
        RegexOptions.IgnorePatternWhitespace
    );

    private static readonly Regex s_cause = QueryAnalyzer.Linear(@"Caused by:|\[cause\]:");
    private static readonly Regex s_traceback = QueryAnalyzer.Linear(@"\(most recent call last\)");

    /// <summary>The places that a text names, that of the failure first.</summary>
    public static IReadOnlyList<StackFrame> FramesOf(string text)
    {
        var isLastFirst = s_traceback.IsMatch(text);
        var blocks = (isLastFirst ? s_traceback : s_cause).Split(text);

        // The first cause is told first by Python and last by Java.
        var ordered = isLastFirst
            ? blocks.Select(block => FramesIn(block).Reverse())
            : blocks.Reverse().Select(FramesIn);
        return [.. ordered.SelectMany(frames => frames).Distinct()];
    }

    /// <summary>
    /// The messages of a trace and the calls next to the failure, in one text; <see langword="null"/> for other texts.
    /// </summary>
    /// <param name="text">The question.</param>
    /// <param name="frames">The places in the trace, that of the failure first.</param>
    public static string? Summarize(string text, IReadOnlyList<StackFrame> frames)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (frames.Count < MinFrames || lines.Length < MinFrames)
        {
            return null;
        }

        var messages = lines.Where(IsMessage).Select(Shorten).ToList();
        messages = s_traceback.IsMatch(text) ? [.. messages.TakeLast(MaxMessages)] : [.. messages.Take(MaxMessages)];
        var near = frames.Take(NearFrames).Select(frame => LineOf(frame, lines)).Where(line => line.Length > 0);
        return string.Join(' ', messages.Concat(near));
    }

    private static IEnumerable<StackFrame> FramesIn(string text)
    {
        var methods = s_method.Matches(text).ToList();
        var places = s_place
            .Matches(text)
            .Where(place => !methods.Exists(method => IsInside(place.Index, method)))
            .Select(place =>
                (
                    place.Index,
                    Frame: new StackFrame(
                        place.Groups["path"].Value,
                        int.Parse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture)
                    )
                )
            );
        return methods
            .Where(method => !text.AsSpan(method.Index + method.Length).StartsWith(" in "))
            .Select(method => (method.Index, Frame: MethodOf(method)))
            .Concat(places)
            .Where(found => !string.IsNullOrEmpty(found.Frame.Path))
            .OrderBy(found => found.Index)
            .Select(found => found.Frame);
    }

    private static bool IsInside(int index, Match match) => index >= match.Index && index < match.Index + match.Length;

    /// <summary>The file of a class, in the folders of its package.</summary>
    private static StackFrame MethodOf(Match match)
    {
        var names = match.Groups["type"].Value.Split('$', '+', '`')[0].Split('.');
        var function = match.Groups["function"].Value;
        if (match.Groups["inside"].Value.Split(':') is [var file, var line] && int.TryParse(line, out var number))
        {
            return new StackFrame(string.Join('/', [.. names.SkipLast(1), file]), number);
        }

        // The compiler makes a class of an asynchronous method, which it names <Method>d__0.
        var isAsync = names[^1].StartsWith('<');
        function =
            (isAsync ? names[^1] : function).Split('<', '>', '[', '`', '|') is [_, { Length: > 0 } inner, ..] parts
            && parts[0].Length == 0
                ? inner
                : function.Split('[', '`')[0];
        names = isAsync ? names[..^1] : names;
        return names.Length > 1 ? new StackFrame(string.Join('/', names), 0, function) : default;
    }

    private static bool IsMessage(string line) =>
        line.Trim().Length > 0
        && !char.IsWhiteSpace(line[0])
        && !line.StartsWith("Traceback", StringComparison.Ordinal)
        && !s_place.IsMatch(line)
        && !s_method.IsMatch(line);

    private static string Shorten(string line) =>
        line.Length <= MaxMessageLength ? line.Trim() : line[..MaxMessageLength].Trim();

    /// <summary>The line of a call, with the code that is quoted below it.</summary>
    private static string LineOf(StackFrame frame, string[] lines)
    {
        var name = frame.Path.Split('/', '\\')[^1];
        var index = Array.FindIndex(
            lines,
            line =>
                line.Contains(name, StringComparison.Ordinal)
                && (frame.Line == 0 || line.Contains(frame.Line.ToString(CultureInfo.InvariantCulture)))
        );
        if (index < 0)
        {
            return "";
        }

        var isQuoted =
            index + 1 < lines.Length
            && char.IsWhiteSpace(lines[index + 1][0])
            && !s_place.IsMatch(lines[index + 1])
            && !s_method.IsMatch(lines[index + 1]);
        return Shorten(isQuoted ? $"{lines[index].Trim()} {lines[index + 1].Trim()}" : lines[index].Trim());
    }
}
