using McpLongContext.Storage.Passages;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// A search over the embeddings of one encoder. Passages without embeddings, or with damaged ones, are missing from its
/// answers. Usable by several threads.
/// </summary>
public interface IEmbeddingSearch
{
    /// <summary>The damage found so far, a sentence each.</summary>
    public IReadOnlyCollection<string> Damage { get; }

    /// <summary>
    /// The inner product of <paramref name="query"/> with the pooled vector of every passage in scope, ordered by
    /// passage.
    /// </summary>
    public ScoredPassage[] ScorePooled(
        ReadOnlySpan<float> query,
        PassageScope scope,
        CancellationToken cancellation = default
    );

    /// <summary>
    /// For every passage in scope the sum over the question's tokens of weight * the similarity to the nearest token of
    /// the passage (kNN per query token, aggregated per passage); ordered by passage. It may be coarse: the best of
    /// them deserve <see cref="Rescore"/>.
    /// </summary>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        PassageScope scope,
        CancellationToken cancellation = default
    );

    /// <summary>
    /// As <see cref="ScoreTokens(LateInteractionQuery, PassageScope, CancellationToken)"/>, for some passages.
    /// </summary>
    /// <param name="query">The question.</param>
    /// <param name="passages">Ids in ascending order; those without embeddings are missing from the answer.</param>
    /// <param name="cancellation">Ends the search.</param>
    public ScoredPassage[] ScoreTokens(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    );

    /// <summary>
    /// <see cref="LateInteractionQuery.MaxSimilarity"/> of each of the passages, as well as their residual codes and a
    /// query in int8 tell; NaN for those without embeddings.
    /// </summary>
    public float[] Rescore(
        LateInteractionQuery query,
        IReadOnlyList<long> passages,
        CancellationToken cancellation = default
    );

    /// <summary>
    /// The inner product of each token embedding of a passage with each token of the query, <c>[tokens, query
    /// tokens]</c>, in the order of the text; <see langword="null"/> for a passage without embeddings.
    /// </summary>
    public float[]? Similarities(LateInteractionQuery query, long passage);
}
