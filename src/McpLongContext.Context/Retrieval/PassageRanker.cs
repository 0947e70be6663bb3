using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Ranks passages by BM25, passage embeddings and token embeddings. Each signal proposes candidates; all signals are
/// then known for all candidates and fused.
/// </summary>
/// <param name="snapshot">The state of the datastore to search.</param>
/// <param name="encoder">Encodes the question; <see langword="null"/> ranks by BM25 alone.</param>
/// <param name="index">The embeddings of that encoder, as far as there are any.</param>
/// <param name="paths">Knows the working directory, whose files are cited before equal ones of other trees.</param>
internal sealed class PassageRanker(
    DatastoreSnapshot snapshot,
    RetrievalEncoder? encoder,
    IEmbeddingSearch? index,
    DocumentPaths? paths = null
)
{
    /// <summary>Lexical hits that are looked at.</summary>
    public const int LexicalHits = 1000;

    private const int LexicalCandidates = 200;

    /// <summary>Passages that each signal of the embeddings proposes.</summary>
    public const int EmbeddingCandidates = 100;

    private const int HistoryCandidates = 20;

    private readonly HashSet<string> _damage = new(StringComparer.Ordinal);

    /// <summary>The number of passages in scope with embeddings, when an encoder took part.</summary>
    public int CoveredPassages { get; private set; }

    /// <summary>
    /// Whether commits rank files, where a change is asked for. Beside BM25 alone they were measured to win; beside
    /// embeddings they were not measured.
    /// </summary>
    public bool UsesHistory { get; init; } = encoder is null;

    /// <summary>The damage found while searching, a sentence each.</summary>
    public IReadOnlyCollection<string> Damage => _damage;

    /// <summary>The candidates for a question, best first; equal ones by path and line.</summary>
    public RankedPassages Rank(Question question, PassageScope scope, CancellationToken cancellation)
    {
        Dictionary<long, double> lexical = [];
        Dictionary<long, double> literal = [];
        Dictionary<long, double> definitions = [];
        Dictionary<string, double> history = [];
        EmbeddingEvidence? embeddings = null;
        SideBySide.Run(SearchDatabase, SearchEmbeddings);
        embeddings?.SearchTokens(scope, cancellation);

        var passages = Candidates(
            literal,
            definitions,
            lexical,
            embeddings?.Best(EmbeddingCandidates) ?? [],
            FirstPassages(Best(history, HistoryCandidates)),
            scope.Contains
        );
        var scores = Fuse(passages, lexical, embeddings, cancellation);
        CoveredPassages = embeddings?.CoveredPassages ?? 0;
        _damage.UnionWith(embeddings?.Damage ?? []);
        var places = new PassagePlaces(snapshot.Documents, scope, question, paths);
        var candidates = passages
            .Select(
                (passage, i) =>
                    new Candidate(passage, places.DocumentOf(passage), scores[i] + literal.GetValueOrDefault(passage))
            )
            .ToList();
        var ranked = new RankingStage(question, definitions, history).Order(candidates);
        return new RankedPassages(
            Follow(question, scope, places, ranked, cancellation),
            places,
            new StatementScorer(snapshot, question, embeddings)
        );

        void SearchDatabase()
        {
            lexical = Around(() => NeighborEvidence.Spread(snapshot, SearchWords(question, scope, cancellation)));
            literal = Around(() => LiteralEvidence.Find(snapshot, scope, question, cancellation));
            definitions = Around(() => DefinitionEvidence.Find(snapshot, scope, question));
            history = UsesHistory ? Around(() => HistoryEvidence.Find(snapshot, question)) : [];
        }

        void SearchEmbeddings() =>
            embeddings = encoder is null
                ? null
                : EmbeddingEvidence.Begin(snapshot, scope, question, encoder, index, cancellation);
    }

    /// <summary>
    /// The passages that the signals propose, in the order in which they are encoded where embeddings are missing.
    /// </summary>
    /// <param name="literal">The gains of literals.</param>
    /// <param name="definitions">The gains of definitions.</param>
    /// <param name="lexical">The lexical scores.</param>
    /// <param name="embeddings">The best passages by their embeddings.</param>
    /// <param name="history">Passages of files that commits name.</param>
    /// <param name="isInScope">Whether a passage is in scope.</param>
    public static List<long> Candidates(
        Dictionary<long, double> literal,
        Dictionary<long, double> definitions,
        Dictionary<long, double> lexical,
        IEnumerable<long> embeddings,
        IEnumerable<long> history,
        Func<long, bool> isInScope
    ) =>
        [
            .. Best(literal, literal.Count)
                .Concat(Best(definitions, definitions.Count))
                .Concat(Best(lexical, LexicalCandidates))
                .Concat(embeddings)
                .Concat(history)
                .Where(isInScope)
                .Distinct(),
        ];

    private IReadOnlyList<RankedPassage> Follow(
        Question question,
        PassageScope scope,
        PassagePlaces places,
        IReadOnlyList<RankedPassage> ranked,
        CancellationToken cancellation
    )
    {
        try
        {
            return new LinkedEvidence(snapshot, scope, places, cancellation).Follow(question, ranked);
        }
        catch (DatastoreCorruptException damage)
        {
            _damage.Add(damage.Message);
            return ranked;
        }
    }

    private IReadOnlyList<ScoredPassage> SearchWords(
        Question question,
        PassageScope scope,
        CancellationToken cancellation
    ) =>
        snapshot.Lexical.Search(
            question.Terms.Select(term => new WeightedTerm(term)),
            scope,
            LexicalHits,
            new ColumnWeights(),
            cancellation
        );

    /// <summary>A signal's scores; none where what it reads is damaged, so that the others still answer.</summary>
    private Dictionary<TKey, double> Around<TKey>(Func<Dictionary<TKey, double>> signal)
        where TKey : notnull
    {
        try
        {
            return signal();
        }
        catch (DatastoreCorruptException damage)
        {
            _damage.Add(damage.Message);
            return [];
        }
    }

    private IEnumerable<long> FirstPassages(IEnumerable<string> paths) =>
        paths
            .Select(path => snapshot.Documents.TryFind(path, out var document) ? document : null)
            .Where(document => document is { PassageCount: > 0 })
            .Select(document => document!.FirstPassage);

    private static IEnumerable<TKey> Best<TKey>(Dictionary<TKey, double> scores, int count)
        where TKey : notnull =>
        scores.OrderByDescending(score => score.Value).ThenBy(score => score.Key).Take(count).Select(s => s.Key);

    private double[] Fuse(
        List<long> candidates,
        Dictionary<long, double> lexical,
        EmbeddingEvidence? embeddings,
        CancellationToken cancellation
    )
    {
        double[] words = [.. candidates.Select(passage => lexical.GetValueOrDefault(passage))];
        if (embeddings is null)
        {
            return Fusion.Standardize(words);
        }

        List<SignalWeights> weights =
        [
            .. candidates.Select(passage => SignalWeights.Of(StoredKind.Of(snapshot.Documents.OfPassage(passage)))),
        ];
        var (pooled, tokens) = embeddings.Score(candidates, cancellation);
        return Fusion.Combine(weights, words, pooled, tokens);
    }
}

/// <summary>The passages found for a question.</summary>
/// <param name="Passages">Best first, not merged.</param>
/// <param name="Places">The documents in which they are cited.</param>
/// <param name="Scorer">Scores what stands in them.</param>
internal sealed record RankedPassages(
    IReadOnlyList<RankedPassage> Passages,
    PassagePlaces Places,
    StatementScorer Scorer
);
