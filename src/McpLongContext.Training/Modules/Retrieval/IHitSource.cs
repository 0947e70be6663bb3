using McpLongContext.LongAttention.Unlimiformer.Selection;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>Which tokens of a document spans are grown around.</summary>
internal interface IHitSource
{
    /// <summary>Finds the tokens for one row and layer.</summary>
    /// <param name="queries">[KV heads, tokens, headDim], the mean of the query heads of each KV head.</param>
    /// <param name="keys">[KV heads, document tokens, headDim].</param>
    /// <returns>[KV heads * tokens][hits], best first.</returns>
    public TokenHit[][] Find(Tensor queries, Tensor keys);
}
