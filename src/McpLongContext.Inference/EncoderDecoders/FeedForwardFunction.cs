namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The function of a feed-forward network.</summary>
public enum FeedForwardFunction
{
    /// <summary>W2 max(W1 x, 0).</summary>
    Relu,

    /// <summary>W2 gelu(W1 x), with the error function.</summary>
    Gelu,

    /// <summary>W2 (gelu(W0 x) * W1 x), with the approximation by tanh (Shazeer, arXiv 2002.05202).</summary>
    GatedTanhGelu,
}
