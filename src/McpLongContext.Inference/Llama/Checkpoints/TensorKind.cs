namespace McpLongContext.Inference.Llama.Checkpoints;

/// <summary>The tensors of a decoder; those from <see cref="AttentionNorm"/> on are in every layer.</summary>
internal enum TensorKind
{
    Embedding,
    OutputNorm,
    Output,
    AttentionNorm,
    Query,
    QueryBias,
    QueryNorm,
    Key,
    KeyBias,
    KeyNorm,
    Value,
    ValueBias,
    AttentionOutput,
    AttentionOutputBias,
    FeedForwardNorm,
    Gate,
    GateBias,
    Up,
    UpBias,
    Down,
    DownBias,
}
