using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Distributed.Querying;

/// <summary>Ranks the passages of a collection by its signals, as one datastore ranks its own.</summary>
/// <param name="shards">The shards.</param>
/// <param name="request">The request.</param>
/// <param name="analyzed">The question of the request.</param>
/// <param name="paths">Knows the working directory.</param>
/// <param name="encodes">Whether the question is encoded.</param>
internal sealed class CollectionRanking(
    ShardFanOut shards,
    QueryRequest request,
    Question analyzed,
    DocumentPaths paths,
    bool encodes
)
{
    private readonly Dictionary<string, (Document Document, bool IsInScope)> _documents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _damage = new(StringComparer.Ordinal);

    /// <summary>The documents of the ranked passages.</summary>
    public DocumentTable Documents { get; private set; } = DocumentTable.Of([]);

    /// <summary>The damage found while searching, a sentence each.</summary>
    public IReadOnlyCollection<string> Damage => _damage;

    /// <summary>The documents in which passages are cited.</summary>
    public PassagePlaces Places => new(Documents, Scope, analyzed, paths);

    private PassageScope Scope =>
        request.PathGlob is null
            ? PassageScope.All
            : PassageScope.Of(_documents.Values.Where(one => one.IsInScope).Select(one => one.Document));

    /// <summary>Ranks passages.</summary>
    public async Task<IReadOnlyList<RankedPassage>> RankAsync(CollectionSignals signals)
    {
        // A named place is ranked wherever it is, unless it is out of scope, which its shard knows.
        var proposed = PassageRanker.Candidates(
            signals.Literal,
            signals.Definitions,
            signals.Lexical,
            signals.Nearest,
            history: [],
            isInScope: _ => true
        );
        var (pooled, tokens) = await ScoreAsync(proposed, signals.ShardOf);
        var scope = Scope;
        List<int> kept = [.. Enumerable.Range(0, proposed.Count).Where(i => scope.Contains(proposed[i]))];
        List<long> candidates = [.. kept.Select(i => proposed[i])];
        double[] words = [.. candidates.Select(passage => signals.Lexical.GetValueOrDefault(passage))];
        var scores = encodes
            ? Fusion.Combine(
                [.. candidates.Select(passage => SignalWeights.Of(StoredKind.Of(Documents.OfPassage(passage))))],
                words,
                [.. kept.Select(i => pooled[i])],
                [.. kept.Select(i => tokens[i])]
            )
            : Fusion.Standardize(words);
        var places = Places;
        var ranked = new RankingStage(
            analyzed,
            signals.Definitions,
            new Dictionary<string, double>(StringComparer.Ordinal)
        ).Order([
            .. candidates.Select(
                (passage, i) =>
                    new Candidate(
                        passage,
                        places.DocumentOf(passage),
                        scores[i] + signals.Literal.GetValueOrDefault(passage)
                    )
            ),
        ]);
        return await FollowAsync(ranked);
    }

    /// <summary>The signals of the candidates, <c>[candidates]</c>; their documents are known from now on.</summary>
    private async Task<(double[] Pooled, double[] Tokens)> ScoreAsync(
        List<long> candidates,
        IReadOnlyDictionary<long, int> shardOf
    )
    {
        var (pooled, tokens) = (new double[candidates.Count], new double[candidates.Count]);
        var byShard = Enumerable.Range(0, candidates.Count).ToLookup(i => shardOf[candidates[i]]);
        await Task.WhenAll(
            byShard.Select(async group =>
            {
                int[] places = [.. group];
                long[] ids = [.. places.Select(i => candidates[i])];
                var scored = await shards.OneAsync(
                    group.Key,
                    nameof(IShardGrain.ScoreAsync),
                    (copy, end) => copy.Grain.ScoreAsync(copy.Id, ids, end)
                );
                for (var i = 0; i < scored.Pooled.Length; i++)
                {
                    (pooled[places[i]], tokens[places[i]]) = (scored.Pooled[i], scored.Tokens[i]);
                }

                lock (_documents)
                {
                    Know(group.Key, scored.Documents);
                    _damage.UnionWith(scored.Damage);
                }
            })
        );
        Documents = DocumentTable.Of(_documents.Values.Select(one => one.Document));
        return (pooled, tokens);
    }

    /// <inheritdoc cref="LinkedEvidence"/>
    private async Task<IReadOnlyList<RankedPassage>> FollowAsync(IReadOnlyList<RankedPassage> ranked)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var hops = new Dictionary<long, int>();
        var names = LinkedEvidence.NamesIn(analyzed.Text);
        for (var hop = 0; hop <= LinkedEvidence.MaxHops && names.Count > 0; hop++)
        {
            string[] asked =
            [
                .. names
                    .Where(name => !seen.Contains(name))
                    .Distinct(StringComparer.Ordinal)
                    .Take(LinkedEvidence.MaxNames - seen.Count),
            ];
            seen.UnionWith(asked);
            if (asked.Length == 0)
            {
                break;
            }

            var found = await shards.AllAsync(
                nameof(IShardGrain.FollowAsync),
                (copy, end) => copy.Grain.FollowAsync(copy.Id, asked, end)
            );
            var next = new List<string>();
            for (var i = 0; i < asked.Length; i++)
            {
                next.AddRange(Reach([.. found.Select(one => one[i])], hop, hops));
            }

            names = [.. next.Distinct(StringComparer.Ordinal)];
        }

        Documents = DocumentTable.Of(_documents.Values.Select(one => one.Document));
        return LinkedEvidence.Insert(ranked, hops, Places);
    }

    /// <summary>The names in the passages that hold a name and were not reached before; none where it is not rare.</summary>
    private List<string> Reach(NameMatch[][] found, int hop, Dictionary<long, int> hops)
    {
        var names = new List<string>();
        if (found.Sum(matches => matches.Length) > LinkedEvidence.MaxPassages)
        {
            return names;
        }

        for (var shard = 0; shard < found.Length; shard++)
        {
            Know(shard, found[shard].SelectMany(match => match.Documents));
        }

        var ordered = found
            .SelectMany(matches => matches)
            .OrderByDescending(one => one.Match.SameCase)
            .ThenByDescending(one => one.Match.Count)
            .ThenBy(one => one.Match.Passage);
        foreach (var match in ordered.Where(one => one.IsText && hops.TryAdd(one.Match.Passage, hop)))
        {
            names.AddRange(match.Names);
        }

        return names;
    }

    private void Know(int shard, IEnumerable<ShardDocument> documents)
    {
        foreach (var document in documents)
        {
            // Copies of a shard number documents by themselves.
            var id = _documents.TryGetValue(document.Path, out var known)
                ? known.Document.Id
                : (_documents.Count * (long)shards.Count) + shard;
            _documents[document.Path] = (document.ToDocument(id), document.IsInScope);
        }
    }
}
