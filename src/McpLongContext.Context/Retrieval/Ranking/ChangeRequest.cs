using System.Text.RegularExpressions;

namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>
/// Recognizes a request for a change, in the words of whoever changes something: <c>Fix the leak in rdbLoad</c>,
/// <c>feat(server): add timeouts</c>. A comment says <c>Adds timeouts</c>, and is none.
/// </summary>
internal static class ChangeRequest
{
    private static readonly Regex s_request = new(
        @"^(?:(?:feat|fix|chore|docs?|refactor|tests?|perf|build|ci|style)(?:\([^)]*\))?!?:"
            + @"|(?:[\w./-]+:\s*)?(?:(?:fix|add|remov|updat|bump|upgrad|renam|mov|refactor|replac|improv|avoid|ensur|prevent"
            + @"|implement|introduc|dropp?|delet|deprecat|clean|optimi[sz]|revert|enabl|disabl|migrat|extract|rewrit"
            + @"|correct|support|allow)(?:e|ed|ing)?|simplif(?:y|ied|ying)|do\s+not|don't)\b)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    );

    /// <summary>Whether a question is such a request: a sentence, not a word that is a name.</summary>
    /// <param name="text">The question.</param>
    /// <param name="kind">The kind of the question.</param>
    public static bool Is(string text, QueryKind kind) =>
        kind is QueryKind.NaturalLanguage or QueryKind.Description or QueryKind.ErrorMessage && s_request.IsMatch(text);
}
