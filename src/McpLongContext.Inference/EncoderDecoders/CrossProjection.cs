namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The projections of encoder states to the keys and values of one layer's cross-attention. A bias of the keys adds the
/// same to all scores of a query and is left out.
/// </summary>
/// <param name="Key">W_k, [heads, headDim, hidden].</param>
/// <param name="Value">W_v, [heads, headDim, hidden].</param>
/// <param name="ValueBias">[heads, headDim], or empty for none.</param>
public sealed record CrossProjection(float[] Key, float[] Value, float[] ValueBias);
