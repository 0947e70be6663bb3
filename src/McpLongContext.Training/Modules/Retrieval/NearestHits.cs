using McpLongContext.LongAttention.Unlimiformer.Selection;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>
/// Retrieval training (Unlimiformer, arXiv 2305.01625, section 3.3): the tokens whose keys have the greatest inner product
/// with a query, positions left out, as <see cref="NearestTokens"/> finds them.
/// </summary>
/// <param name="count">The best tokens of each query.</param>
internal sealed class NearestHits(int count) : IHitSource
{
    /// <inheritdoc />
    public TokenHit[][] Find(Tensor queries, Tensor keys)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var found = (int)Math.Min(count, keys.shape[1]);
        var (scores, tokens) = queries.matmul(keys.transpose(-1, -2)).topk(found, dim: -1);
        var (best, at) = (scores.data<float>().ToArray(), tokens.data<long>().ToArray());
        return
        [
            .. Enumerable
                .Range(0, best.Length / found)
                .Select(query =>
                    Enumerable
                        .Range(query * found, found)
                        .Select(hit => new TokenHit(0, (int)at[hit], best[hit]))
                        // Equal ones in the order of the document, as the search has them.
                        .OrderByDescending(hit => hit.Score)
                        .ThenBy(hit => hit.Token)
                        .ToArray()
                ),
        ];
    }
}
