namespace McpLongContext.Storage.Lexical;

/// <summary>
/// How many passages of a snapshot have a term or match an expression, as far as it was counted: the full-text index
/// reads all postings of a term to count them, and several signals ask for the same terms.
/// </summary>
internal sealed class TermCounts
{
    private readonly Dictionary<string, long> _ofTerms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ofExpressions = new(StringComparer.Ordinal);

    /// <summary>The passages that have a term.</summary>
    public long OfTerm(string term, Func<string, long> count) => Get(_ofTerms, term, count);

    /// <summary>The passages that match an expression.</summary>
    public long OfExpression(string expression, Func<string, long> count) => Get(_ofExpressions, expression, count);

    private static long Get(Dictionary<string, long> known, string key, Func<string, long> count) =>
        known.TryGetValue(key, out var found) ? found : known[key] = count(key);
}
