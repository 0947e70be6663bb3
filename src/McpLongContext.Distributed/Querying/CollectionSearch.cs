using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// The search of a collection for a question: every signal as one datastore with all documents would have it. Shards
/// count first, the sums are their common statistics, and what they find by those is merged.
/// </summary>
/// <param name="shards">The shards.</param>
/// <param name="request">The request.</param>
/// <param name="analyzed">The question of the request.</param>
/// <param name="encoder">The encoder; <see langword="null"/>: lexical search only.</param>
internal sealed class CollectionSearch(
    ShardFanOut shards,
    QueryRequest request,
    Question analyzed,
    RetrievalEncoder? encoder
)
{
    private readonly Dictionary<long, int> _shardOf = [];

    /// <summary>Runs the search.</summary>
    public async Task<CollectionSignals> RunAsync()
    {
        var encoded = encoder?.EncodeQuery(analyzed.Text);
        var words = encoded is null ? [] : encoder!.WordsOf(encoded).Select(word => word.Word);
        string[] terms =
        [
            .. analyzed
                .Terms.Concat(words.SelectMany(word => TermAnalyzer.Terms(word).Take(1)))
                .Distinct(StringComparer.Ordinal),
        ];
        var asked = new ShardRequest(
            request.Question,
            request.PathGlob,
            terms,
            [.. SymbolKeys()],
            encoded is null ? null : QueryEmbeddings.Of(encoder!.Key, encoded)
        );
        var counted = await shards.BeginAsync(asked);
        var collection = counted
            .Select(one => new CollectionStatistics(one.Lexical.Passages, one.Lexical.Rows, one.Lexical.Tokens))
            .Aggregate((sum, one) => sum + one);
        var literals = await LiteralsAsync(counted, collection);
        var frequencies = terms
            .Select((term, i) => KeyValuePair.Create(term, counted.Sum(one => one.Frequencies[i])))
            .ToDictionary(StringComparer.Ordinal);
        var selected = await SelectAsync(collection, frequencies);
        var namedFiles = counted.Sum(one => one.NamedFiles);
        var covered = counted.Sum(one => one.Covered);
        (float Low, float High)? range =
            covered > EmbeddingEvidence.MostTokenPassages
                ? (counted.Min(one => one.Range.Low), counted.Max(one => one.Range.High))
                : null;
        var search = new ShardSearch
        {
            Lexical = (collection.Passages, collection.Rows, collection.Tokens),
            Terms = [.. selected.Select(term => (term.Expression, term.Weight, term.Frequency))],
            Rarities = [.. analyzed.Terms.Select(Rarity)],
            Weights = encoded is null ? [] : EmbeddingEvidence.WeightsOf(encoder!, encoded, Rarity),
            WantsNamedFiles = namedFiles is > 0 and <= NamedPlaces.MaxFiles,
            Range = range,
        };
        var hits = await shards.SearchAsync(search);
        var tokens = range is null ? hits.Select(hit => hit.Tokens).ToArray() : await ScanAsync(range.Value, hits);
        return new CollectionSignals
        {
            Literal = Literals(literals, counted, hits, namedFiles, collection.Passages),
            Definitions = Definitions(counted),
            Lexical = Lexical(hits),
            Nearest =
            [
                .. Best(counted.Select(one => one.Nearest), PassageRanker.EmbeddingCandidates)
                    .Concat(Best(tokens, PassageRanker.EmbeddingCandidates))
                    .Select(passage => passage.Passage)
                    .Distinct(),
            ],
            ShardOf = _shardOf,
            Digest = counted.Aggregate(0UL, (sum, one) => unchecked(sum + one.Digest)),
            Documents = counted.Sum(one => one.Documents),
            Passages = collection.Passages,
            InScope = counted.Sum(one => one.InScope),
            Covered = covered,
        };

        double Rarity(string term) => collection.InverseDocumentFrequency(frequencies.GetValueOrDefault(term));
    }

    /// <summary>The names whose definitions the question may ask for.</summary>
    private List<string> SymbolKeys()
    {
        var keys = new List<string>();
        DefinitionEvidence.Find(
            (key, _) =>
            {
                keys.Add(key);
                return [];
            },
            _ => true,
            analyzed
        );
        return [.. keys.Distinct(StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<TermQuery>> SelectAsync(
        CollectionStatistics collection,
        Dictionary<string, long> frequencies
    )
    {
        var terms = new CollectionTerms(collection, frequencies);
        var (hashed, expressions) = terms.ToCount(analyzed.Terms);
        var forms =
            hashed.Count == 0 && expressions.Count == 0
                ? []
                : await shards.AllAsync(
                    nameof(IShardGrain.ExpandAsync),
                    (copy, _) => copy.Grain.ExpandAsync(copy.Id, [.. hashed], [.. expressions])
                );
        var hashes = forms
            .SelectMany(one => one.Hashes.SelectMany((found, i) => found.Select(hash => (Term: hashed[i], Hash: hash))))
            .ToLookup(one => one.Term, one => one.Hash, StringComparer.Ordinal);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < expressions.Count; i++)
        {
            counts[expressions[i]] = forms.Sum(one => one.Counts[i]);
        }

        return terms.Select(analyzed.Terms, hashes, counts);
    }

    private async Task<ScoredPassages[]> ScanAsync((float Low, float High) range, ShardHits[] hits)
    {
        var histogram = new int[hits.Max(hit => hit.Histogram.Length)];
        foreach (var hit in hits)
        {
            for (var bin = 0; bin < hit.Histogram.Length; bin++)
            {
                histogram[bin] += hit.Histogram[bin];
            }
        }

        var least = Shortlist.LeastBin(histogram, EmbeddingEvidence.MostTokenPassages);
        return await shards.AllAsync(
            nameof(IShardGrain.ScanAsync),
            (copy, end) => copy.Grain.ScanAsync(copy.Id, range.Low, range.High, least, end)
        );
    }

    /// <summary>The matches of each literal in each shard, <c>[literals][shards][matches]</c>.</summary>
    private async Task<LiteralMatch[][][]> LiteralsAsync(ShardStatistics[] counted, CollectionStatistics collection)
    {
        var frequent = new FrequentLiterals(shards, collection);
        var matches = new LiteralMatch[analyzed.Literals.Count][][];
        for (var i = 0; i < matches.Length; i++)
        {
            matches[i] =
                counted.Sum(one => one.Candidates[i]) > ExactSearch.MaxCandidates
                && ExactSearch.TermsOf(analyzed.Literals[i]).Count > 0
                    ? await frequent.FindAsync(i, analyzed.Literals[i])
                    : [.. counted.Select(one => one.Literals[i])];
        }

        return matches;
    }

    private Dictionary<long, double> Literals(
        LiteralMatch[][][] literals,
        ShardStatistics[] counted,
        ShardHits[] hits,
        int namedFiles,
        long passages
    )
    {
        var gains = new Dictionary<long, double>();
        for (var i = 0; i < analyzed.Literals.Count; i++)
        {
            var matches = Placed(literals[i], found => found, match => match.Passage)
                .OrderByDescending(match => match.SameCase)
                .ThenByDescending(match => match.Count)
                .ThenBy(match => match.Passage)
                .Select(match => (new ExactMatch(match.Passage, match.SameCase, match.Count), (DocumentKind)match.Kind))
                .ToList();
            LiteralEvidence.Add(gains, analyzed, analyzed.Literals[i], matches, passages);
        }

        NamedPlaces.AddFrames(gains, analyzed, Frames(counted));
        if (namedFiles is > 0 and <= NamedPlaces.MaxFiles)
        {
            var named = Placed(hits, hit => hit.NamedFiles, passage => passage);
            NamedPlaces.AddFiles(gains, analyzed, named, namedFiles, counted.Sum(one => one.Documents));
        }

        return gains;
    }

    private IReadOnlyList<FramePlace>[] Frames(ShardStatistics[] counted) =>
        [
            .. analyzed.Frames.Select(
                (_, i) =>
                    Placed(counted, one => one.Frames[i], place => place.Passage ?? 0)
                        .Select(place => new FramePlace(place.Path, place.CommonEnd, place.Passage))
                        .OrderBy(place => place.Path, StringComparer.Ordinal)
                        .ToList()
            ),
        ];

    private Dictionary<long, double> Definitions(ShardStatistics[] counted)
    {
        var keys = SymbolKeys();
        var outside = new HashSet<long>();
        var symbols = keys.ToDictionary(
            key => key,
            key =>
                Placed(counted, one => one.Symbols[keys.IndexOf(key)], symbol => symbol.Passage)
                    .OrderBy(symbol => symbol.Passage)
                    .ThenBy(symbol => symbol.Line)
                    .ToList(),
            StringComparer.Ordinal
        );
        outside.UnionWith(
            symbols.Values.SelectMany(all => all).Where(one => !one.IsInScope).Select(one => one.Passage)
        );
        return DefinitionEvidence.Find(Find, passage => !outside.Contains(passage), analyzed);

        IEnumerable<Symbol> Find(string key, int limit) => symbols[key].Take(limit).Select(symbol => symbol.ToSymbol());
    }

    private Dictionary<long, double> Lexical(ShardHits[] hits)
    {
        var lexical = Best(hits.Select(hit => hit.Lexical), PassageRanker.LexicalHits).ToList();
        var around = new Dictionary<long, PassageLength>();
        for (var shard = 0; shard < hits.Length; shard++)
        {
            foreach (var (passage, document, length, isText) in hits[shard].Surroundings)
            {
                around[passage] = new PassageLength((document * hits.Length) + shard, length, isText);
                _shardOf[passage] = shard;
            }
        }

        return NeighborEvidence.Spread(lexical, around);
    }

    /// <summary>The best of all shards, equal ones by id.</summary>
    private IEnumerable<ScoredPassage> Best(IEnumerable<ScoredPassages> found, int count) =>
        Placed([.. found], one => one.All(), passage => passage.Passage)
            .OrderByDescending(passage => passage.Score)
            .ThenBy(passage => passage.Passage)
            .Take(count);

    /// <summary>The finds of the shards, whose passages are theirs from now on.</summary>
    private IEnumerable<TItem> Placed<TAnswer, TItem>(
        TAnswer[] answers,
        Func<TAnswer, IEnumerable<TItem>> items,
        Func<TItem, long> passageOf
    )
    {
        for (var shard = 0; shard < answers.Length; shard++)
        {
            foreach (var item in items(answers[shard]))
            {
                _shardOf[passageOf(item)] = shard;
                yield return item;
            }
        }
    }
}
