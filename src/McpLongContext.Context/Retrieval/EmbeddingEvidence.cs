using System.Collections.Concurrent;
using System.Numerics.Tensors;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Context.Telemetry;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The dense signals of passages: the similarity of passage embedding and query embedding, and retrieval
/// over the token embeddings (Unlimiformer's datastore, searched by the question's tokens): for each of them the
/// nearest token of the passage, added up with the rarity of its word as weight.
/// </summary>
internal sealed class EmbeddingEvidence
{
    /// <summary>Characters of passages without embeddings that are encoded for a question: about 100 ms.</summary>
    private const int MaxLateCharacters = 12_000;

    /// <summary>
    /// Passages whose tokens are compared with the question's: of more, those whose vectors are nearest to its own.
    /// That is a sixteenth of a million tokens or so (docs/decisions/pruned-search.md).
    /// </summary>
    public const int MostTokenPassages = 1024;

    /// <summary>The weight of a word that the lexical index leaves out: as if a fifth of the passages had it.</summary>
    private const double StopWordWeight = 1.6;

    private static readonly Comparer<ScoredPassage> s_byPassage = Comparer<ScoredPassage>.Create(
        (left, right) => left.Passage.CompareTo(right.Passage)
    );

    private readonly DatastoreSnapshot _snapshot;
    private readonly RetrievalEncoder _encoder;
    private readonly IEmbeddingSearch? _index;
    private readonly EncodedQuery _question;
    private LateInteractionQuery _query;
    private readonly ScoredPassage[] _pooled;
    private ScoredPassage[] _tokens = [];

    private EmbeddingEvidence(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        EncodedQuery question,
        float[] weights,
        RetrievalEncoder encoder,
        IEmbeddingSearch? index,
        CancellationToken cancellation
    )
    {
        _snapshot = snapshot;
        _encoder = encoder;
        _index = index;
        _question = question;
        _query = new LateInteractionQuery(_question.Embeddings, weights);
        _pooled = _index?.ScorePooled(_question.Pooled, scope, cancellation) ?? [];
    }

    /// <summary>The number of passages in scope that have embeddings.</summary>
    public int CoveredPassages => _pooled.Length;

    /// <summary>The similarities of the passage embeddings, by passage.</summary>
    public ScoredPassage[] Pooled => _pooled;

    /// <summary>The damage found while searching, a sentence each.</summary>
    public IReadOnlyCollection<string> Damage => _index?.Damage ?? [];

    /// <summary>Searches the embeddings of the passages in scope.</summary>
    /// <param name="snapshot">Where the passages are.</param>
    /// <param name="scope">The passages.</param>
    /// <param name="question">The question.</param>
    /// <param name="encoder">Encodes the question, and passages without embeddings.</param>
    /// <param name="index">The embeddings that there are.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static EmbeddingEvidence Search(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        RetrievalEncoder encoder,
        IEmbeddingSearch? index,
        CancellationToken cancellation
    )
    {
        var evidence = Begin(snapshot, scope, question, encoder, index, cancellation);
        evidence.SearchTokens(scope, cancellation);
        return evidence;
    }

    /// <summary>
    /// Begins a search: encodes the question and compares passage embeddings. It reads nothing of the database, so that
    /// another thread may use the snapshot meanwhile.
    /// </summary>
    /// <inheritdoc cref="Search"/>
    public static EmbeddingEvidence Begin(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        RetrievalEncoder encoder,
        IEmbeddingSearch? index,
        CancellationToken cancellation
    ) => OfShard(snapshot, scope, encoder.EncodeQuery(question.Text), encoder, index, cancellation);

    /// <summary>Goes on with the token embeddings, weighted by the rarity of the question's words.</summary>
    /// <param name="scope">The passages.</param>
    /// <param name="cancellation">Ends the search.</param>
    public void SearchTokens(PassageScope scope, CancellationToken cancellation)
    {
        Weigh(WeightsOf(_encoder, _question, term => Rarity(_snapshot, term)));
        _tokens = ScoreTokens(
            scope,
            _pooled.Length <= MostTokenPassages ? null : Shortlist.Of(_pooled, MostTokenPassages),
            cancellation
        );
    }

    /// <summary>
    /// Begins a search of a shard by passage embeddings; its tokens count nothing before <see cref="Weigh"/>.
    /// </summary>
    /// <param name="snapshot">Where the passages are.</param>
    /// <param name="scope">The passages.</param>
    /// <param name="question">The question.</param>
    /// <param name="encoder">Encodes passages without embeddings.</param>
    /// <param name="index">The embeddings that there are.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static EmbeddingEvidence OfShard(
        DatastoreSnapshot snapshot,
        PassageScope scope,
        EncodedQuery question,
        RetrievalEncoder encoder,
        IEmbeddingSearch? index,
        CancellationToken cancellation
    ) => new(snapshot, scope, question, new float[question.Tokens.Length], encoder, index, cancellation);

    /// <summary>Sets how much each token of the question counts in the collection, <c>[tokens]</c>.</summary>
    public void Weigh(float[] weights) => _query = new LateInteractionQuery(_question.Embeddings, weights);

    /// <summary>The best passages by either signal.</summary>
    /// <param name="count">How many by each.</param>
    public IEnumerable<long> Best(int count) =>
        Best(_pooled, count).Concat(Best(_tokens, count)).Select(score => score.Passage).Distinct();

    /// <summary>
    /// Both signals for each candidate, the token embeddings from their refined codes. Candidates that are not encoded
    /// yet are encoded now, the first ones first, as far as the budget goes; the others are NaN.
    /// </summary>
    public (double[] Pooled, double[] Tokens) Score(IReadOnlyList<long> candidates, CancellationToken cancellation)
    {
        var pooled = new double[candidates.Count];
        for (var i = 0; i < pooled.Length; i++)
        {
            var found = Array.BinarySearch(_pooled, new ScoredPassage(candidates[i], 0), s_byPassage);
            pooled[i] = found >= 0 ? _pooled[found].Score : double.NaN;
        }

        var rescored = _index?.Rescore(_query, candidates, cancellation);
        double[] tokens = [.. rescored?.Select(score => (double)score) ?? pooled.Select(_ => double.NaN)];
        ScoreLate(candidates, pooled, tokens, cancellation);
        return (pooled, tokens);
    }

    /// <summary>
    /// The late-interaction score of each statement of a passage, MaxSim over its tokens alone;
    /// <see langword="null"/> while the passage is not encoded.
    /// </summary>
    /// <param name="document">The document of the passage.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="statements">All statements of the passage, in order.</param>
    public double[]? Align(StoredDocument document, Passage passage, IReadOnlyList<Statement> statements)
    {
        var kind = StoredKind.Of(document);
        int[] counts =
        [
            .. statements.Select(one =>
                _encoder.CountEmbeddings(EncoderText.Body(one.In(passage.Text).ToString(), kind))
            ),
        ];

        // Equal counts say that the embeddings are those of this text, statement by statement.
        return
            _query.Tokens > 0
            && _index?.Similarities(_query, passage.Id) is { } similarities
            && similarities.Length == counts.Sum() * _query.Tokens
            ? MaxSimilarities(similarities, counts)
            : null;
    }

    /// <summary>scores[s] = sum over q of weight[q] * max over tokens t of s of similarities[t, q].</summary>
    private double[] MaxSimilarities(ReadOnlySpan<float> similarities, int[] counts)
    {
        var scores = new double[counts.Length];
        var maxima = new float[_query.Tokens];
        for (var s = 0; s < counts.Length; s++)
        {
            maxima.AsSpan().Clear();
            for (var t = 0; t < counts[s]; t++)
            {
                TensorPrimitives.Max(maxima, similarities[..maxima.Length], maxima);
                similarities = similarities[maxima.Length..];
            }

            scores[s] = TensorPrimitives.Dot(_query.Weights, maxima);
        }

        return scores;
    }

    /// <summary>
    /// The scan of the binary codes; its cost stops growing where vectors, a twentieth of it, choose what it reads.
    /// </summary>
    /// <param name="scope">The passages.</param>
    /// <param name="shortlist">Those of them that are scanned, in order; <see langword="null"/>: all.</param>
    /// <param name="cancellation">Ends the scan.</param>
    public ScoredPassage[] ScoreTokens(
        PassageScope scope,
        IReadOnlyList<long>? shortlist,
        CancellationToken cancellation
    ) =>
        _index is null ? []
        : shortlist is null ? _index.ScoreTokens(_query, scope, cancellation)
        : _index.ScoreTokens(_query, shortlist, cancellation);

    /// <summary>The best scores, equal ones in the order of passages: one look at each, and no sorting of all.</summary>
    public static IEnumerable<ScoredPassage> Best(ScoredPassage[] scores, int count)
    {
        var best = new PriorityQueue<ScoredPassage, (float Score, long Before)>(count + 1);
        foreach (var score in scores)
        {
            // The worst stands first: a lower score, or an equal one of a later passage.
            if (best.Count < count)
            {
                best.Enqueue(score, (score.Score, -score.Passage));
            }
            else if (best.TryPeek(out _, out var worst) && (score.Score, -score.Passage).CompareTo(worst) > 0)
            {
                best.DequeueEnqueue(score, (score.Score, -score.Passage));
            }
        }

        return best.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element);
    }

    /// <summary>
    /// weight = inverse document frequency of the token's word, over the root of the pieces it falls into.
    /// </summary>
    /// <param name="encoder">Knows the words of tokens.</param>
    /// <param name="question">The question.</param>
    /// <param name="rarity">The inverse document frequency of a term.</param>
    /// <returns>[tokens].</returns>
    public static float[] WeightsOf(RetrievalEncoder encoder, EncodedQuery question, Func<string, double> rarity)
    {
        var weights = new List<float>(question.Tokens.Length);
        foreach (var (word, pieces) in encoder.WordsOf(question))
        {
            var weight = TermAnalyzer.Terms(word) is [var term, ..] ? rarity(term) : StopWordWeight;
            weights.AddRange(Enumerable.Repeat((float)(weight / Math.Sqrt(pieces)), pieces));
        }

        return [.. weights];
    }

    /// <summary>The inverse document frequency; that of a stop word where the lexical index is damaged.</summary>
    private static double Rarity(DatastoreSnapshot snapshot, string term)
    {
        try
        {
            return snapshot.Lexical.InverseDocumentFrequency(term);
        }
        catch (DatastoreCorruptException)
        {
            return StopWordWeight;
        }
    }

    private void ScoreLate(
        IReadOnlyList<long> candidates,
        double[] pooled,
        double[] tokens,
        CancellationToken cancellation
    )
    {
        var late = new SortedDictionary<long, (Passage Passage, int Candidate)>();
        var characters = 0;
        for (var i = 0; i < candidates.Count && characters < MaxLateCharacters; i++)
        {
            if (double.IsNaN(pooled[i]) && _snapshot.Passages.TryGet(candidates[i], out var passage))
            {
                late.Add(passage.Id, (passage, i));
                characters += passage.Text.Length;
            }
        }

        ContextMeter.CountLookups("embeddings", isHit: true, pooled.Count(score => !double.IsNaN(score)));
        ContextMeter.CountLookups("embeddings", isHit: false, late.Count);
        // The snapshot is for this thread alone: what is read of it is read before.
        var chunks = DatastoreRegistry.ChunksOf(_snapshot);
        var runs = Runs(late.Values)
            .Select(run => (Document: _snapshot.Documents.OfPassage(run[0].Passage.Id), Run: run))
            .ToList();
        Parallel.ForEach(
            Partitioner.Create(runs, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { CancellationToken = cancellation },
            one => ScoreRun(one.Document, one.Run, chunks, pooled, tokens, cancellation)
        );
    }

    private static IEnumerable<List<(Passage Passage, int Candidate)>> Runs(
        IEnumerable<(Passage Passage, int Candidate)> passages
    )
    {
        var run = new List<(Passage Passage, int Candidate)>();
        foreach (var item in passages)
        {
            if (
                run.Count > 0
                && (run[^1].Passage.Id + 1 != item.Passage.Id || run[^1].Passage.DocumentId != item.Passage.DocumentId)
            )
            {
                yield return run;
                run = [];
            }

            run.Add(item);
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }

    private void ScoreRun(
        StoredDocument document,
        List<(Passage Passage, int Candidate)> run,
        ChunkSettings chunks,
        double[] pooled,
        double[] tokens,
        CancellationToken cancellation
    )
    {
        var encoded = _encoder.Encode(document, [.. run.Select(item => item.Passage)], chunks, cancellation);
        var hidden = _question.Pooled.Length;
        var token = 0;
        for (var i = 0; i < run.Count; i++)
        {
            var embeddings = encoded.Embeddings.AsSpan(token * hidden, encoded.TokenCounts[i] * hidden);
            pooled[run[i].Candidate] = TensorPrimitives.Dot<float>(
                _question.Pooled,
                encoded.Pooled.AsSpan(i * hidden, hidden)
            );
            tokens[run[i].Candidate] = embeddings.IsEmpty ? double.NaN : _query.MaxSimilarity(embeddings);
            token += encoded.TokenCounts[i];
        }
    }
}
