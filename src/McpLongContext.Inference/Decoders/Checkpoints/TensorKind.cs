namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>The tensors of a decoder; those from <see cref="AttentionNorm"/> on are in every layer.</summary>
public enum TensorKind
{
    /// <summary>[vocabulary, hidden].</summary>
    Embedding,

    /// <summary>[hidden], after the last layer.</summary>
    OutputNorm,

    /// <summary>[vocabulary, hidden].</summary>
    Output,

    /// <summary>[hidden].</summary>
    AttentionNorm,

    /// <summary>[heads * headDim, hidden].</summary>
    Query,

    /// <summary>[heads * headDim].</summary>
    QueryBias,

    /// <summary>[headDim].</summary>
    QueryNorm,

    /// <summary>[key/value heads * headDim, hidden].</summary>
    Key,

    /// <summary>[key/value heads * headDim].</summary>
    KeyBias,

    /// <summary>[headDim].</summary>
    KeyNorm,

    /// <summary>[key/value heads * headDim, hidden].</summary>
    Value,

    /// <summary>[key/value heads * headDim].</summary>
    ValueBias,

    /// <summary>[hidden, heads * headDim].</summary>
    AttentionOutput,

    /// <summary>[hidden].</summary>
    AttentionOutputBias,

    /// <summary>[hidden].</summary>
    FeedForwardNorm,

    /// <summary>[intermediate, hidden], of the feed-forward network.</summary>
    Gate,

    /// <summary>[intermediate].</summary>
    GateBias,

    /// <summary>[intermediate, hidden].</summary>
    Up,

    /// <summary>[intermediate].</summary>
    UpBias,

    /// <summary>[hidden, intermediate].</summary>
    Down,

    /// <summary>[hidden].</summary>
    DownBias,
}
