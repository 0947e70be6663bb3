using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage.Lexical;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// Finds literals whose terms more passages have than one datastore looks at: the best candidates of the collection are
/// looked at, as <see cref="ExactSearch"/> does.
/// </summary>
/// <param name="shards">The shards.</param>
/// <param name="collection">The statistics of the collection.</param>
internal sealed class FrequentLiterals(ShardFanOut shards, CollectionStatistics collection)
{
    /// <summary>The matches of a literal in each shard.</summary>
    /// <param name="literal">The place of the literal in the query.</param>
    /// <param name="text">The literal.</param>
    public async Task<LiteralMatch[][]> FindAsync(int literal, string text)
    {
        string[] quoted = [.. ExactSearch.TermsOf(text).Select(term => $"\"{term}\"")];
        string[] inText = [.. quoted.Select(term => "body : " + term)];
        var counted = await shards.AllAsync(
            nameof(IShardGrain.CountAsync),
            (copy, _) => copy.Grain.CountAsync(copy.Id, [.. quoted, .. inText])
        );
        var counts = Enumerable.Range(0, quoted.Length * 2).Select(i => counted.Sum(one => one[i])).ToList();

        // In the order of one datastore, so that sums are rounded alike: rarest first.
        (string Expression, long Frequency)[] terms =
        [
            .. Enumerable
                .Range(0, quoted.Length)
                .OrderBy(i => counts[i])
                .Take(ExactSearch.MaxTerms)
                .Select(i => (inText[i], counts[quoted.Length + i])),
        ];
        var lexical = (collection.Passages, collection.Rows, collection.Tokens);
        var ranked = await shards.AllAsync(
            nameof(IShardGrain.RankCandidatesAsync),
            (copy, _) => copy.Grain.RankCandidatesAsync(copy.Id, terms, lexical)
        );
        var best = ranked
            .SelectMany(
                (one, shard) =>
                    one.Passages.Zip(one.Scores, (passage, score) => (Shard: shard, Passage: passage, Score: score))
            )
            .OrderByDescending(one => one.Score)
            .ThenBy(one => one.Passage)
            .Take(ExactSearch.MaxCandidates)
            .ToLookup(one => one.Shard, one => one.Passage);
        return await Task.WhenAll(
            Enumerable
                .Range(0, shards.Count)
                .Select(index =>
                {
                    long[] passages = [.. best[index]];
                    return shards.OneAsync(
                        index,
                        nameof(IShardGrain.MatchInAsync),
                        (copy, end) => copy.Grain.MatchInAsync(copy.Id, literal, passages, end)
                    );
                })
        );
    }
}
