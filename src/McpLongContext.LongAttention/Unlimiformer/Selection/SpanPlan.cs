namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// How much is read around the tokens that were selected. Small models lose the thread in more: what is not needed
/// distracts.
/// </summary>
/// <param name="Before">Tokens before a hit.</param>
/// <param name="After">Tokens from a hit on.</param>
/// <param name="Budget">The most tokens of all spans together.</param>
/// <param name="Least">The least share of the best hit's score that makes another span; 0: any score does.</param>
public sealed record SpanPlan(int Before = 24, int After = 64, int Budget = 256, double Least = 0)
{
    /// <summary>
    /// Grows spans around hits, best first, until the budget is spent. Spans that meet become one; they end where their
    /// text does.
    /// </summary>
    /// <param name="hits">The hits, best first.</param>
    /// <param name="texts">The texts of the token memory.</param>
    /// <returns>Disjoint spans in the order of the token memory.</returns>
    public IReadOnlyList<TokenMemorySpan> Of(IReadOnlyList<TokenHit> hits, IReadOnlyList<TokenMemoryText> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Of(hits, text => texts[text].Tokens);
    }

    /// <summary>Grows spans around hits in texts of which only the lengths are known.</summary>
    /// <param name="hits">The hits, best first.</param>
    /// <param name="tokensOf">The tokens of a text.</param>
    /// <returns>Disjoint spans in the order of the token memory.</returns>
    public IReadOnlyList<TokenMemorySpan> Of(IReadOnlyList<TokenHit> hits, Func<int, int> tokensOf)
    {
        ArgumentNullException.ThrowIfNull(hits);
        ArgumentNullException.ThrowIfNull(tokensOf);
        var spans = new List<TokenMemorySpan>();
        var left = Budget;
        foreach (var hit in hits)
        {
            if (left <= 0 || (spans.Count > 0 && IsMuchWorse(hit, hits[0])))
            {
                break;
            }

            if (spans.Exists(span => Covers(span, hit)))
            {
                continue;
            }

            var grown = Grow(hit, tokensOf(hit.Text));
            var met = spans.FindAll(span => Meets(span, grown));
            var merged = met.Aggregate(grown, Merge);
            var added = merged.Count - met.Sum(span => span.Count);
            if (added > left && spans.Count > 0)
            {
                break;
            }

            spans.RemoveAll(met.Contains);
            spans.Add(merged);
            left -= added;
        }

        return [.. spans.OrderBy(span => span.Text).ThenBy(span => span.First)];
    }

    private bool IsMuchWorse(TokenHit hit, TokenHit best) => Least > 0 && hit.Score < Least * best.Score;

    private TokenMemorySpan Grow(TokenHit hit, int tokens)
    {
        var after = Math.Max(1, After);
        // A budget too small for both sides is spent on the hit and the tokens after it.
        var first = Math.Max(0, hit.Token - Math.Min(Before, Math.Max(0, Budget - after)));
        var end = Math.Min(tokens, hit.Token + after);
        return new TokenMemorySpan(hit.Text, first, Math.Min(end - first, Math.Max(1, Budget)), hit.Score);
    }

    private static bool Covers(TokenMemorySpan span, TokenHit hit) =>
        span.Text == hit.Text && hit.Token >= span.First && hit.Token < span.First + span.Count;

    private static bool Meets(TokenMemorySpan one, TokenMemorySpan other) =>
        one.Text == other.Text && one.First <= other.First + other.Count && other.First <= one.First + one.Count;

    private static TokenMemorySpan Merge(TokenMemorySpan one, TokenMemorySpan other)
    {
        var first = Math.Min(one.First, other.First);
        var end = Math.Max(one.First + one.Count, other.First + other.Count);
        return new TokenMemorySpan(one.Text, first, end - first, Math.Max(one.Score, other.Score));
    }
}
