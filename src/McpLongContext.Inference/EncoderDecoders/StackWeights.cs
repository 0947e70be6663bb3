namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>A stack of layers.</summary>
/// <param name="Positions">[buckets, heads] or [positions, hidden].</param>
/// <param name="EmbeddingNorm">Of the embeddings; null: none.</param>
/// <param name="Layers">From the first to the last.</param>
/// <param name="OutputNorm">Of the last states; null: none.</param>
internal sealed record StackWeights(
    float[] Positions,
    NormWeights? EmbeddingNorm,
    LayerWeights[] Layers,
    NormWeights? OutputNorm
);
