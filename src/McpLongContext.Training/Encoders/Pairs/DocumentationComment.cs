using System.Text.RegularExpressions;
using McpLongContext.Context.Ingestion;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// The comment that documents a definition: in front of it in most languages, as the first statement in Python.
/// </summary>
internal static partial class DocumentationComment
{
    /// <summary>Finds the comment of a passage.</summary>
    /// <param name="passage">A definition with its comments.</param>
    /// <returns>The lines of the comment without its marks, and the passage without it; null: there is none.</returns>
    public static (IReadOnlyList<string> Said, string Code)? Find(string passage) =>
        InFront(passage) ?? Docstring(passage);

    private static (IReadOnlyList<string> Said, string Code)? InFront(string passage)
    {
        var scanner = new CommentScanner();
        var lines = passage.Split('\n');
        var said = new List<string>();
        var first = 0;
        while (first < lines.Length && !IsCode(lines[first]) && scanner.TryRead(lines[first].Trim(), out var line))
        {
            said.Add(line);
            first++;
        }

        return said.Exists(line => line.Length > 0) && first < lines.Length
            ? (said, string.Join('\n', lines[first..]))
            : null;
    }

    private static (IReadOnlyList<string> Said, string Code)? Docstring(string passage) =>
        DocstringText().Match(passage) is { Success: true } match
            ? (
                [.. match.Groups["said"].Value.Split('\n').Select(line => line.Trim())],
                passage.Remove(match.Groups["all"].Index, match.Groups["all"].Length)
            )
            : null;

    /// <summary>Code that begins like a comment of a script: a directive of the preprocessor, an attribute of Rust.</summary>
    private static bool IsCode(string line)
    {
        var text = line.AsSpan().TrimStart();
        return text.Length > 1 && text[0] == '#' && (char.IsLetter(text[1]) || text[1] == '[');
    }

    [GeneratedRegex(
        """^\s*(?:async\s+)?(?:def|class)\b[^\n]*(?:\n[^\n]*){0,8}?:[ \t]*\n(?<all>[ \t]*[rRuU]?(?<mark>"{3}|'{3})(?<said>.*?)\k<mark>[ \t]*\n?)""",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex DocstringText();
}
