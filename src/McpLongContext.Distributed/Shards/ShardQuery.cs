using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Distributed.Messages;
using McpLongContext.Storage;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Distributed.Shards;

/// <summary>
/// A question to one published state of a shard. The collection decides: the shard counts, searches by the statistics
/// that it is told, and shows what is asked for. For one call at a time.
/// </summary>
internal sealed class ShardQuery : IDisposable
{
    private readonly DatastoreSnapshot _snapshot;
    private readonly ShardRequest _request;
    private readonly Question _analyzed;
    private readonly PassageScope _scope;
    private readonly int _inScope;
    private readonly EmbeddingEvidence? _embeddings;
    private StatementScorer? _statements;

    /// <summary>Begins a question.</summary>
    /// <param name="snapshot">The state of the shard; disposed of with this.</param>
    /// <param name="request">The question.</param>
    /// <param name="encoder">Encodes passages without embeddings; <see langword="null"/>: lexical search only.</param>
    /// <param name="paths">Shows paths.</param>
    /// <param name="cancellation">Ends the search.</param>
    public ShardQuery(
        DatastoreSnapshot snapshot,
        ShardRequest request,
        RetrievalEncoder? encoder,
        DocumentPaths paths,
        CancellationToken cancellation
    )
    {
        (_snapshot, _request) = (snapshot, request);
        _analyzed = QueryAnalyzer.Analyze(request.Text);
        (_scope, _inScope) = Retriever.ScopeOf(snapshot, request.PathGlob, paths, stale: null);
        _embeddings =
            encoder is null || request.Embeddings is not { } query
                ? null
                : EmbeddingEvidence.OfShard(
                    snapshot,
                    _scope,
                    query.ToQuery(),
                    encoder,
                    snapshot.Embeddings(encoder.Key),
                    cancellation
                );
    }

    /// <summary>Counts what the collection adds up.</summary>
    /// <param name="digest">The digest of the documents.</param>
    /// <param name="cancellation">Ends the search.</param>
    public ShardStatistics Count(ulong digest, CancellationToken cancellation)
    {
        var lexical = _snapshot.Shard.Statistics;
        var literals = _analyzed.Literals.Select(literal => Matches(literal, cancellation)).ToList();
        return new ShardStatistics
        {
            Digest = digest,
            Documents = _snapshot.Documents.All.Count,
            Lexical = (lexical.Passages, lexical.Rows, lexical.Tokens),
            InScope = _inScope,
            Frequencies = [.. _request.Terms.Select(_snapshot.Shard.DocumentFrequency)],
            Literals = [.. literals.Select(one => one.Matches)],
            Candidates = [.. literals.Select(one => one.Candidates)],
            Symbols =
            [
                .. _request.SymbolKeys.Select(key =>
                    _snapshot
                        .Symbols.Find(key, DefinitionEvidence.MaxDefinitions)
                        .Select(symbol => ShardSymbol.Of(symbol, _scope.Contains(symbol.Passage)))
                        .ToArray()
                ),
            ],
            Frames =
            [
                .. NamedPlaces
                    .FramesIn(_snapshot, _analyzed)
                    .Select(places => places.Select(place => (place.Path, place.CommonEnd, place.Passage)).ToArray()),
            ],
            NamedFiles = NamedPlaces.FilesIn(_snapshot, _analyzed).Count,
            Covered = _embeddings?.CoveredPassages ?? 0,
            Range = Shortlist.RangeOf(_embeddings?.Pooled ?? []),
            Nearest = ScoredPassages.Of(
                EmbeddingEvidence.Best(_embeddings?.Pooled ?? [], PassageRanker.EmbeddingCandidates)
            ),
        };
    }

    /// <summary>Counts the passages whose text has each of some expressions.</summary>
    public long[] Count(string[] expressions) => [.. expressions.Select(_snapshot.Shard.Count)];

    /// <summary>The best passages that may contain a literal, by the statistics of the collection.</summary>
    public RankedCandidates RankCandidates(
        (string Expression, long Frequency)[] terms,
        (long Passages, long Rows, long Tokens) lexical
    )
    {
        var ranked = _snapshot.Shard.RankAll(
            terms,
            new CollectionStatistics(lexical.Passages, lexical.Rows, lexical.Tokens),
            _scope,
            ExactSearch.MaxCandidates
        );
        return new RankedCandidates([.. ranked.Select(one => one.Passage)], [.. ranked.Select(one => one.Score)]);
    }

    /// <summary>Those of some passages that contain a literal.</summary>
    public LiteralMatch[] MatchIn(int literal, long[] passages, CancellationToken cancellation) =>
        [
            .. LiteralEvidence
                .MatchesIn(_snapshot, passages, _analyzed.Literals[literal], cancellation)
                .Select(found => MatchOf(found.Match, found.Kind)),
        ];

    /// <summary>Counts other forms of terms that are rare in the collection.</summary>
    public TermForms Expand(string[] terms, string[] expressions) =>
        new(
            [.. terms.Select(term => _snapshot.Shard.HashesOf(term).ToArray())],
            [.. expressions.Select(_snapshot.Shard.Count)]
        );

    /// <summary>Searches by the statistics of the collection.</summary>
    public ShardHits Search(ShardSearch search, CancellationToken cancellation)
    {
        var rarities = _analyzed.Terms.Zip(search.Rarities).ToDictionary(pair => pair.First, pair => pair.Second);
        _statements = new StatementScorer(_analyzed, rarities.GetValueOrDefault, _embeddings);
        _embeddings?.Weigh(search.Weights);
        var hits = Lexical(search, _scope, PassageRanker.LexicalHits, cancellation);
        return new ShardHits
        {
            Lexical = ScoredPassages.Of(hits),
            Surroundings =
            [
                .. NeighborEvidence
                    .Around(_snapshot, hits)
                    .Select(one => (one.Key, one.Value.Document, one.Value.Length, one.Value.IsText)),
            ],
            NamedFiles = search.WantsNamedFiles ? [.. NamedFiles(search, cancellation)] : [],
            Tokens = search.Range is null ? BestTokens(shortlist: null, cancellation) : ScoredPassages.None,
            Histogram =
                search.Range is { } range && _embeddings is not null
                    ? Shortlist.Histogram(_embeddings.Pooled, range)
                    : [],
        };
    }

    /// <summary>Scans the tokens of the nearest passages: those in a bin of a range or a better one.</summary>
    public ScoredPassages Scan((float Low, float High) range, int leastBin, CancellationToken cancellation) =>
        BestTokens(Shortlist.Of(_embeddings?.Pooled ?? [], range, leastBin), cancellation);

    /// <summary>The signals of candidates, and the documents in which they are cited.</summary>
    public ShardSignals Score(long[] candidates, CancellationToken cancellation)
    {
        var (pooled, tokens) = _embeddings?.Score(candidates, cancellation) ?? ([], []);
        return new ShardSignals(pooled, tokens, DocumentsOf(candidates), [.. _embeddings?.Damage ?? []]);
    }

    /// <summary>The passages that contain names, and the names in them.</summary>
    /// <returns>[names][passages].</returns>
    public NameMatch[][] Follow(string[] names, CancellationToken cancellation) =>
        [
            .. names.Select(name =>
                _snapshot
                    .Exact.Find(name, _scope, LinkedEvidence.MaxPassages + 1, cancellation)
                    .Select(NameMatchOf)
                    .ToArray()
            ),
        ];

    /// <summary>Passages as evidence shows them; those that are damaged are left out.</summary>
    /// <param name="passages">The passages.</param>
    /// <param name="aligned">How many of them, from the first one on, are aligned with the query.</param>
    public ShardPassage[] Read(long[] passages, int aligned)
    {
        var read = new List<ShardPassage>(passages.Length);
        foreach (var (i, id) in passages.Index())
        {
            if (
                _snapshot.Passages.TryGet(id, out var passage)
                && _snapshot.Documents.TryFindByPassage(id, out var document)
            )
            {
                read.Add(
                    new ShardPassage(
                        id,
                        passage.DocumentId,
                        passage.StartLine,
                        passage.EndLine,
                        passage.Text,
                        passage.Context,
                        [
                            .. _snapshot
                                .Symbols.Between(id, id)
                                .Select(symbol => ShardSymbol.Of(symbol, isInScope: true)),
                        ],
                        i < aligned ? Align(document, passage) : null
                    )
                );
            }
        }

        return [.. read];
    }

    /// <inheritdoc/>
    public void Dispose() => _snapshot.Dispose();

    private (LiteralMatch[] Matches, int Candidates) Matches(string literal, CancellationToken cancellation)
    {
        var found = LiteralEvidence.Matches(_snapshot, _scope, literal, out var candidates, cancellation);
        return ([.. found.Select(one => MatchOf(one.Match, one.Kind))], candidates);
    }

    private double[] Align(StoredDocument document, Passage passage) =>
        _statements?.Score(document, passage, StatementSplitter.Split(passage.Text, StoredKind.Of(document))) ?? [];

    private IReadOnlyList<ScoredPassage> Lexical(
        ShardSearch search,
        PassageScope scope,
        int limit,
        CancellationToken cancellation
    ) =>
        _snapshot.Shard.Search(
            search.Terms.Select(term => new TermQuery(term.Expression, term.Weight, term.Frequency)),
            new CollectionStatistics(search.Lexical.Passages, search.Lexical.Rows, search.Lexical.Tokens),
            scope,
            limit,
            new ColumnWeights(),
            cancellation
        );

    private IEnumerable<long> NamedFiles(ShardSearch search, CancellationToken cancellation) =>
        NamedPlaces
            .PassagesOf(
                NamedPlaces.FilesIn(_snapshot, _analyzed),
                only => Lexical(search, only, PassageRanker.LexicalHits, cancellation)
            )
            .Where(_scope.Contains);

    private ScoredPassages BestTokens(IReadOnlyList<long>? shortlist, CancellationToken cancellation) =>
        _embeddings is null
            ? ScoredPassages.None
            : ScoredPassages.Of(
                EmbeddingEvidence.Best(
                    _embeddings.ScoreTokens(_scope, shortlist, cancellation),
                    PassageRanker.EmbeddingCandidates
                )
            );

    private ShardDocument[] DocumentsOf(IEnumerable<long> passages) =>
        [
            .. passages
                .SelectMany(_snapshot.Documents.Sharing)
                .DistinctBy(document => document.Id)
                .Select(document => ShardDocument.Of(document, _scope.Admits(document))),
        ];

    private NameMatch NameMatchOf(ExactMatch match)
    {
        var kind = StoredKind.Of(_snapshot.Documents.OfPassage(match.Passage));
        var isText = !EncoderText.IsWrittenOut(kind);
        var names =
            isText && _snapshot.Passages.TryGet(match.Passage, out var passage)
                ? LinkedEvidence.NamesIn(passage.Text)
                : [];
        return new NameMatch(MatchOf(match, kind), isText, [.. names], DocumentsOf([match.Passage]));
    }

    private static LiteralMatch MatchOf(ExactMatch match, DocumentKind kind) =>
        new(match.Passage, match.SameCase, match.Count, (int)kind);
}
