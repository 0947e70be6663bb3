using System.Text.RegularExpressions;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>Recognizes what a question is.</summary>
internal static class QueryKinds
{
    private static readonly Regex s_path = new(
        @"^[\w.\-/\\]+\.[A-Za-z]\w{0,7}$|^[\w.\-]*[/\\][\w.\-/\\]+$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    );

    private static readonly Regex s_error = new(
        @"\b(?:\w*Error|\w*Exception|error|exception|failed|fatal|panic|traceback|cannot|segfault|errno|0x[0-9a-f]{4,})\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    );

    /// <summary>Words that ask for a definition and name none.</summary>
    private static readonly HashSet<string> s_askingWords = new(
        "defined define definition declared declare declaration implemented implementation class function method struct"
            .Split(' ')
            .Concat("type interface enum trait constant variable symbol find show where located".Split(' ')),
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>The words that say what is asked for: no stop words, and none that only ask for a definition.</summary>
    /// <param name="words">The words of a question.</param>
    public static IReadOnlyList<string> ContentWords(IReadOnlyList<string> words)
    {
        List<string> content = [.. words.Where(word => TermAnalyzer.Terms(word).Count > 0)];
        List<string> asked = [.. content.Where(word => !s_askingWords.Contains(word))];
        return asked.Count == 1 ? asked : content;
    }

    /// <summary>The kind of a question.</summary>
    /// <param name="text">The question.</param>
    /// <param name="literals">The parts that have to be found as they are written.</param>
    /// <param name="isLiteral">Whether nothing else is asked for.</param>
    /// <param name="content">The question's content words.</param>
    public static QueryKind Recognize(
        string text,
        IReadOnlyList<string> literals,
        bool isLiteral,
        IReadOnlyList<string> content
    )
    {
        if (isLiteral && literals.Any(literal => literal.Contains(' ', StringComparison.Ordinal)))
        {
            return QueryKind.Quoted;
        }

        if (isLiteral && literals.Any(s_path.IsMatch))
        {
            return QueryKind.Path;
        }

        if (isLiteral || content.Count == 1)
        {
            return QueryKind.Symbol;
        }

        return s_error.IsMatch(text) && literals.Count > 0 ? QueryKind.ErrorMessage
            : text[^1] == '.' ? QueryKind.Description
            : QueryKind.NaturalLanguage;
    }
}
