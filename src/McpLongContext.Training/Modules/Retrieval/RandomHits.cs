using McpLongContext.LongAttention.Unlimiformer.Selection;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>
/// Random-encoded training (Unlimiformer, arXiv 2305.01625, section 3.3): in every layer random tokens of the document, the
/// same ones for all tokens and heads of a row.
/// </summary>
/// <param name="count">How many tokens.</param>
/// <param name="random">Chooses them.</param>
internal sealed class RandomHits(int count, Random random) : IHitSource
{
    /// <inheritdoc />
    public TokenHit[][] Find(Tensor queries, Tensor keys)
    {
        var tokens = (int)keys.shape[1];
        TokenHit[] hits =
        [
            .. Enumerable.Range(0, Math.Min(count, tokens)).Select(_ => new TokenHit(0, random.Next(tokens), 0)),
        ];
        return [.. Enumerable.Repeat(hits, (int)(queries.shape[0] * queries.shape[1]))];
    }
}
