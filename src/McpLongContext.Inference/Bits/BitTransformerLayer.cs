using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Bits;

/// <summary>The weights of one layer.</summary>
internal sealed record BitTransformerLayer
{
    /// <summary>Before attention.</summary>
    public required LayerNormWeights AttentionNorm { get; init; }

    /// <summary>Queries, keys and values: [3 * width, width].</summary>
    public required ILinear QueryKeyValue { get; init; }

    /// <summary>[width, width].</summary>
    public required ILinear AttentionOutput { get; init; }

    /// <summary>Before the feed-forward network.</summary>
    public required LayerNormWeights FeedForwardNorm { get; init; }

    /// <summary>[feed-forward, width].</summary>
    public required ILinear Intermediate { get; init; }

    /// <summary>[width, feed-forward].</summary>
    public required ILinear Output { get; init; }

    /// <summary>[width]: the halting logit of a hidden state; empty where computation time is not adaptive.</summary>
    public float[] Halt { get; init; } = [];

    /// <summary>Added to the halting logit.</summary>
    public float HaltBias { get; init; }
}

/// <summary>Scale and shift of a layer normalization, each [width].</summary>
internal sealed record LayerNormWeights(float[] Gamma, float[] Beta)
{
    /// <summary>As PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;
}
