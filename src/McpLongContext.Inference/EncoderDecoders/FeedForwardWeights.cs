namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>A feed-forward sublayer.</summary>
internal sealed record FeedForwardWeights(NormWeights Norm, AffineWeights? Gate, AffineWeights Up, AffineWeights Down);
