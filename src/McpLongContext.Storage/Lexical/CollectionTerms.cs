namespace McpLongContext.Storage.Lexical;

/// <summary>
/// Finds the terms of a question that a collection is searched for, as <see cref="LexicalIndex"/> does in one datastore,
/// from what its shards have counted.
/// </summary>
/// <param name="statistics">Of the collection.</param>
/// <param name="frequencies">The number of passages that have a term.</param>
public sealed class CollectionTerms(CollectionStatistics statistics, IReadOnlyDictionary<string, long> frequencies)
{
    /// <summary>The terms and expressions that shards have to count before <see cref="Select"/>.</summary>
    /// <param name="terms">Distinct terms.</param>
    /// <returns>Terms that may stand for hashes, and expressions of compounds.</returns>
    public (IReadOnlyList<string> Hashes, IReadOnlyList<string> Expressions) ToCount(IEnumerable<string> terms)
    {
        var (hashes, expressions) = (new List<string>(), new List<string>());
        foreach (var term in terms)
        {
            _ = TermVariants
                .Of(
                    new WeightedTerm(term),
                    frequencies.GetValueOrDefault(term),
                    statistics.Passages,
                    hash =>
                    {
                        hashes.Add(hash);
                        return [];
                    },
                    expression =>
                    {
                        expressions.Add(expression);
                        return 0;
                    }
                )
                .Count();
        }

        return (hashes, expressions);
    }

    /// <summary>The terms to search for, rarest first, without the common ones when there are rarer ones.</summary>
    /// <param name="terms">Distinct terms.</param>
    /// <param name="hashes">The hashes in the shards that a term stands for, with the passages that have them.</param>
    /// <param name="counts">The number of passages that match an expression.</param>
    public IReadOnlyList<TermQuery> Select(
        IEnumerable<string> terms,
        ILookup<string, KeyValuePair<string, long>> hashes,
        IReadOnlyDictionary<string, long> counts
    )
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(counts);
        var known = new Dictionary<string, long>(counts, StringComparer.Ordinal);
        return LexicalIndex.Selective(
            terms.SelectMany(term =>
                TermVariants.Of(
                    new WeightedTerm(term),
                    frequencies.GetValueOrDefault(term),
                    statistics.Passages,
                    HashesOf,
                    expression => known.GetValueOrDefault(expression)
                )
            ),
            statistics.Passages
        );

        IReadOnlyList<string> HashesOf(string term)
        {
            foreach (var hash in hashes[term].GroupBy(hash => hash.Key, StringComparer.Ordinal))
            {
                known[LexicalIndex.Quote(hash.Key)] = hash.Sum(one => one.Value);
            }

            return TermVariants.Merge(term, hashes[term].Select(hash => hash.Key));
        }
    }
}
