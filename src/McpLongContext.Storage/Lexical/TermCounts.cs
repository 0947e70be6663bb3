namespace McpLongContext.Storage.Lexical;

/// <summary>
/// How many passages of a snapshot have a term or match an expression, as far as it was counted: the full-text index
/// reads all postings of a term to count them, and several signals ask for the same terms.
/// </summary>
internal sealed class TermCounts
{
    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);

    /// <summary>The passages that have a term.</summary>
    public long OfTerm(string term, Func<string, long> count) => Get(LexicalIndex.Quote(term), _ => count(term));

    /// <summary>The passages that match an expression.</summary>
    public long OfExpression(string expression, Func<string, long> count) => Get(expression, count);

    private long Get(string expression, Func<string, long> count) =>
        _known.TryGetValue(expression, out var found) ? found : _known[expression] = count(expression);
}
