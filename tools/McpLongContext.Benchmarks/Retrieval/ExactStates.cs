using System.Numerics.Tensors;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// The states of a datastore's passages in memory, in fp32 as the encoder gives them: what stored codes are measured by.
/// Every search is exact.
/// </summary>
internal sealed class ExactStates : IEmbeddingSearch
{
    /// <summary>A key that nothing is stored under, so that every passage is missing.</summary>
    private const string NoEncoder = "exact";

    private readonly SortedList<long, State> _passages = [];

    /// <summary>Encodes all passages, in the runs in which the program itself encodes them.</summary>
    public ExactStates(Datastore datastore, LoadedEncoder model)
    {
        using var snapshot = datastore.Snapshot();
        var chunks = DatastoreRegistry.ChunksOf(snapshot);
        using var encoder = new ThreadLocal<DocumentEncoder>(() => new DocumentEncoder(model.Encoder, chunks));
        var documents = snapshot.Documents.All.ToLookup(document => document.ContentKey);
        Parallel.ForEach(
            snapshot
                .Pending(NoEncoder)
                .SelectMany(content => PassageRun.Missing(datastore, NoEncoder, content, PendingEncoder.RunCharacters)),
            run =>
            {
                var encoded = encoder.Value!.Encode(run.Document, run.Passages, CancellationToken.None);
                lock (_passages)
                {
                    Add(documents[run.Document.ContentKey], encoded);
                }
            }
        );
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Damage => [];

    /// <summary>The vectors of the passages.</summary>
    public IEnumerable<(long Passage, float[] Vector)> Pooled() =>
        _passages.Select(pair => (pair.Key, pair.Value.Pooled.ToArray()));

    /// <inheritdoc/>
    public ScoredPassage[] ScorePooled(
        ReadOnlySpan<float> query,
        PassageScope scope,
        CancellationToken cancellation = default
    )
    {
        var vector = query.ToArray();
        return Score(InScope(scope), state => TensorPrimitives.Dot(vector, state.Pooled));
    }

    /// <inheritdoc/>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        PassageScope scope,
        CancellationToken cancellation = default
    ) => Score(InScope(scope), state => query.MaxSimilarity(state.Tokens));

    /// <inheritdoc/>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    ) => Score([.. passages.Where(_passages.ContainsKey)], state => query.MaxSimilarity(state.Tokens));

    /// <inheritdoc/>
    public float[] Rescore(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    ) =>
        [
            .. passages.Select(passage =>
                _passages.TryGetValue(passage, out var state) && !state.Tokens.IsEmpty
                    ? query.MaxSimilarity(state.Tokens)
                    : float.NaN
            ),
        ];

    /// <inheritdoc/>
    public float[]? Similarities(LateInteractionQuery query, long passage) =>
        _passages.TryGetValue(passage, out var state) ? query.Similarities(state.Tokens) : null;

    private void Add(IEnumerable<Document> documents, EncodedPassages encoded)
    {
        var hidden = encoded.Pooled.Length / encoded.TokenCounts.Length;
        var token = 0;
        foreach (var (i, tokens) in encoded.TokenCounts.Index())
        {
            foreach (var document in documents)
            {
                _passages.Add(
                    document.FirstPassage + encoded.FirstOrdinal + i,
                    new State(encoded, i * hidden, hidden, token * hidden, tokens * hidden)
                );
            }

            token += tokens;
        }
    }

    private long[] InScope(PassageScope scope) => [.. _passages.Keys.Where(scope.Contains)];

    private ScoredPassage[] Score(long[] passages, Func<State, float> score)
    {
        var scores = new ScoredPassage[passages.Length];
        Parallel.For(0, passages.Length, i => scores[i] = new ScoredPassage(passages[i], Of(_passages[passages[i]])));
        return [.. scores.Where(scored => !float.IsNaN(scored.Score))];

        float Of(State state) => state.Tokens.IsEmpty ? float.NaN : score(state);
    }

    /// <summary>A passage's part of a run.</summary>
    private sealed record State(EncodedPassages Run, int FirstPooled, int Width, int First, int Length)
    {
        public ReadOnlySpan<float> Pooled => Run.Pooled.AsSpan(FirstPooled, Width);

        public ReadOnlySpan<float> Tokens => Run.Embeddings.AsSpan(First, Length);
    }
}
