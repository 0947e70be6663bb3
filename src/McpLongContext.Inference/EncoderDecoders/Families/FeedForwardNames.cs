namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The names of a feed-forward sublayer; it has a gate in gated networks alone.</summary>
public sealed record FeedForwardNames(string Norm, string Gate, string Up, string Down);
