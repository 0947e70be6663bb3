using System.Text.RegularExpressions;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Retrieval.Commits;

/// <summary>
/// Recognizes a question about the history of what is stored: when, why and by whom something was changed, in which
/// commit, or a commit by its hash. Nothing else is answered with commits.
/// </summary>
/// <param name="Terms">The terms of the change; none where the question names nothing.</param>
/// <param name="Hashes">The hashes that it names, or their beginnings.</param>
/// <param name="AsksForChange">Whether it asks about a change, and does not only name a commit.</param>
internal sealed record HistoryQuestion(IReadOnlyList<string> Terms, IReadOnlyList<string> Hashes, bool AsksForChange)
{
    private const string Changed =
        "(?:chang|add|introduc|remov|delet|drop|renam|replac|fix|revert|deprecat|refactor|rewr[io]t|bump|upgrad|"
        + "downgrad|merg|commit|disabl|enabl|mov|port|modif|updat|switch|migrat|writ|wrote|creat|split|touch)";

    /// <summary>In the past: <c>when is it added to the queue</c> asks for code.</summary>
    private static readonly Regex s_change = Linear(
        $@"\b(?:when|why)\b.*\b(?:was|were|did|has|have|had)\b.*\b{Changed}\w*"
            + $@"|\b(?:who|which\s+author)\s+(?:\w+\s+)?{Changed}\w*\b"
            + @"|\b(?:which|what|in\s+which)\s+(?:\w+\s+)?(?:commit|changeset|revision)s?\b"
            + @"|\bcommits?\s+(?:that|which|where|by|touching|introducing|adding|removing|fixing|changing)\b"
            + @"|\bgit\s+(?:log|blame|history)\b|\b(?:commit|change|git|revision)\s+(?:history|log)\b"
            + @"|\bhistory\s+of\s+(?:the\s+)?(?:changes|commits|file|code)\b"
    );

    private static readonly Regex s_hash = Linear(@"\b[0-9a-f]{7,64}\b");

    private static readonly HashSet<string> s_askingTerms = TermAnalyzer
        .Terms(
            "when why who which what how commit commits revision revisions changeset changesets change changes changed "
                + "changing introduce introduces introduced introducing history git log blame author last first touch "
                + "touched touching file code"
        )
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Reads a question; <see langword="null"/>: it asks for no history.</summary>
    public static HistoryQuestion? Of(string question)
    {
        List<string> hashes =
        [
            .. s_hash.Matches(question).Select(match => match.Value).Where(IsHash).Distinct(StringComparer.Ordinal),
        ];
        var asks = s_change.IsMatch(question);
        if (!asks && hashes.Count == 0)
        {
            return null;
        }

        var terms = TermAnalyzer.Terms(question).Where(term => !s_askingTerms.Contains(term));
        return new HistoryQuestion([.. terms], hashes, asks);
    }

    /// <summary>Whether a word can be a hash, not a number or a word of the letters a to f.</summary>
    private static bool IsHash(string word) => word.Any(char.IsAsciiDigit) && word.Any(char.IsAsciiLetter);

    private static Regex Linear(string pattern) => QueryAnalyzer.Linear(pattern, RegexOptions.IgnoreCase);
}
