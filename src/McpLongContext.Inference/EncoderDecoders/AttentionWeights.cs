namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>An attention sublayer.</summary>
internal sealed record AttentionWeights
{
    public required NormWeights Norm { get; init; }

    /// <summary>hidden -> [3, heads, headDim] in self-attention, [heads, headDim] in cross-attention.</summary>
    public required AffineWeights Query { get; init; }

    /// <summary>hidden -> [2, heads, headDim] in cross-attention: keys and values; null in self-attention.</summary>
    public AffineWeights? KeyValue { get; init; }

    /// <summary>[heads, headDim] -> hidden.</summary>
    public required AffineWeights Output { get; init; }
}
