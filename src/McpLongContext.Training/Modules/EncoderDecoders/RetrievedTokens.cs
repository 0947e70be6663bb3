using System.Diagnostics;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>
/// Retrieval training (Unlimiformer, arXiv 2305.01625, section 3.3): every head of every layer attends, at each target
/// token, to its own top k of all encoded tokens; gradients flow through those alone.
/// </summary>
/// <param name="count">k.</param>
/// <param name="gold">
/// [targets, target tokens, gold tokens], int64: the source tokens that hold what is to be written next, -1 where there
/// are fewer or none; null: not known.
/// </param>
internal sealed class RetrievedTokens(int count, Tensor? gold = null) : ISourceSelection
{
    private readonly Stopwatch _search = new();
    private readonly List<Tensor> _found = []; // by layer: [heads]

    /// <summary>The time that searching took.</summary>
    public TimeSpan SearchTime => _search.Elapsed;

    /// <summary>
    /// [layers, heads]: the share of the target tokens for which each head retrieved a gold token; null where none is
    /// known, or the source has no more than k tokens.
    /// </summary>
    public Tensor? GoldShares => _found.Count > 0 ? stack(_found) : null;

    /// <inheritdoc />
    public Tensor States(Tensor states) => states;

    /// <inheritdoc />
    public Tensor Scores(Tensor scores)
    {
        if (scores.shape[^1] <= count)
        {
            return scores;
        }

        _search.Start();
        var others = OthersThanBest(scores);
        _search.Stop();
        if (gold is not null)
        {
            _found.Add(GoldShare(others, gold));
        }

        return scores.masked_fill(others, double.NegativeInfinity);
    }

    /// <summary>Whether a token is none of the top k, in the shape of the scores.</summary>
    private Tensor OthersThanBest(Tensor scores)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (_, best) = scores.topk(count, dim: -1, sorted: false);
        var others = ones(scores.shape, ScalarType.Bool);
        return others.scatter_(-1, best, zeros(best.shape, ScalarType.Bool)).MoveToOuterDisposeScope();
    }

    /// <summary>The share of the target tokens for which each head retrieved a gold token, [heads].</summary>
    private static Tensor GoldShare(Tensor others, Tensor gold)
    {
        using var scope = NewDisposeScope();
        var tokens = gold.flatten(0, 1);
        var isGold = tokens.ge(0);
        var at = tokens.clamp_min(0).unsqueeze(0).expand(others.shape[0], -1, -1);
        var isFound = others.gather(-1, at).logical_not().logical_and(isGold).any(-1, keepdim: false);
        var share = isFound.to_type(ScalarType.Float32).sum(-1) / isGold.any(-1, keepdim: false).sum().clamp_min(1);
        return share.MoveToOuterDisposeScope();
    }
}
