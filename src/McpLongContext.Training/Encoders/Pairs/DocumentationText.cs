using System.Text.RegularExpressions;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>The plain sentence that a documentation comment begins with.</summary>
internal static partial class DocumentationText
{
    private const int LeastWords = 4;
    private const int MostWords = 48;

    /// <summary>The beginnings of lines that say something else than what the definition is for.</summary>
    private static readonly string[] s_ends =
    [
        "@",
        ":param",
        ":return",
        ":raise",
        "# ",
        ">>>",
        "```",
        "---",
        "===",
        "<param",
        "<returns",
        "<exception",
        "<remarks",
    ];

    /// <summary>Lines that are the heading of a section.</summary>
    private static readonly HashSet<string> s_sections = new(StringComparer.OrdinalIgnoreCase)
    {
        "Args",
        "Arguments",
        "Parameters",
        "Returns",
        "Yields",
        "Raises",
        "Example",
        "Examples",
        "Usage",
        "Note",
        "Notes",
    };

    private static readonly string[] s_unwanted = ["copyright", "licen", "todo", "eslint", "noqa", "generated"];

    /// <summary>The first sentence of a comment.</summary>
    /// <param name="said">The lines of the comment without its marks.</param>
    /// <returns>4 to 48 words; null: the comment does not say as much.</returns>
    public static string? Sentence(IEnumerable<string> said)
    {
        var paragraph = said.SkipWhile(line => line is "" or "<summary>")
            .TakeWhile(line => line.Length > 0 && !IsEnd(line));
        var text = Plain(string.Join(' ', paragraph));
        var end = SentenceEnd().Match(text);
        var sentence = end.Success && WordsOf(text[..end.Index]) >= LeastWords ? text[..(end.Index + 1)] : text;
        var words = sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return
            words.Length >= LeastWords
            && sentence.Count(char.IsLetter) > sentence.Length / 2
            && !s_unwanted.Any(word => sentence.Contains(word, StringComparison.OrdinalIgnoreCase))
            ? string.Join(' ', words.Take(MostWords))
            : null;
    }

    private static bool IsEnd(string line) =>
        s_sections.Contains(line.TrimEnd(':')) || s_ends.Any(end => line.StartsWith(end, StringComparison.Ordinal));

    /// <summary>Without the marks of XML, Javadoc and Markdown; what they name stays.</summary>
    private static string Plain(string text)
    {
        text = Reference().Replace(text, match => match.Groups["name"].Value.Split('.', ':')[^1]);
        text = InlineTag().Replace(text, "${text}");
        return Spaces().Replace(Tag().Replace(text, " ").Replace("`", "", StringComparison.Ordinal), " ").Trim();
    }

    private static int WordsOf(string text) => text.Count(c => c == ' ') + 1;

    [GeneratedRegex(
        """<(?:see|seealso|paramref|typeparamref)\s+\w+="(?<name>[^"]*)"\s*/>""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex Reference();

    [GeneratedRegex(@"\{@\w+\s+#?(?<text>[^}]*)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: -1)]
    private static partial Regex InlineTag();

    [GeneratedRegex("<[^<>]{1,80}>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: -1)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: -1)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[.!?](?=\s+\p{Lu})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: -1)]
    private static partial Regex SentenceEnd();
}
