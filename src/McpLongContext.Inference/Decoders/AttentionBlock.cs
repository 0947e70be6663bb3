namespace McpLongContext.Inference.Decoders;

/// <summary>
/// Inputs and output of attention in one layer for a block of successive tokens. Queries and keys are not rotated yet.
/// </summary>
/// <param name="Layer">From 0.</param>
/// <param name="FirstPosition">The position of the block's first token in the sequence.</param>
/// <param name="Queries">[tokens, heads, headDim].</param>
/// <param name="Keys">[tokens, key/value heads, headDim], normalized where the architecture does so.</param>
/// <param name="Values">[tokens, key/value heads, headDim].</param>
/// <param name="Output">[tokens, heads, headDim]: receives the weighted values.</param>
public readonly record struct AttentionBlock(
    int Layer,
    int FirstPosition,
    ReadOnlyMemory<float> Queries,
    ReadOnlyMemory<float> Keys,
    ReadOnlyMemory<float> Values,
    Memory<float> Output
);
