using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// How the tokens of a target read the source: the part of an encoder-decoder that may be another, while the rest stays.
/// Not thread-safe.
/// </summary>
public interface ICrossAttention
{
    /// <summary>Attends the tokens of one step.</summary>
    /// <param name="layer">The decoder's layer, from 0.</param>
    /// <param name="rows">Tokens of the step, one of each hypothesis.</param>
    /// <param name="queries">[rows, heads, headDim], not scaled.</param>
    /// <param name="attended">[rows, heads, headDim]: receives the weighted values.</param>
    /// <param name="threadPool">Computes.</param>
    public void Attend(
        int layer,
        int rows,
        ReadOnlyMemory<float> queries,
        Memory<float> attended,
        ComputeThreadPool threadPool
    );

    /// <summary>Ends a step: the tokens have passed all layers.</summary>
    /// <param name="firstRow">The number of the step's first token in the target; the others follow.</param>
    /// <param name="rows">Tokens of the step.</param>
    public void EndStep(int firstRow, int rows);
}
