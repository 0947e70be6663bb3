namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>A layer; an encoder's has no cross-attention.</summary>
internal sealed record LayerWeights(
    AttentionWeights SelfAttention,
    AttentionWeights? CrossAttention,
    FeedForwardWeights FeedForward
);
