namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The names of a stack's tensors.</summary>
public sealed record StackNames
{
    /// <summary>The table of positions: [buckets, heads] or [positions, hidden].</summary>
    public required string Positions { get; init; }

    /// <summary>The norm of the embeddings; null: none.</summary>
    public string? EmbeddingNorm { get; init; }

    /// <summary>The norm of the last states; null: none.</summary>
    public string? OutputNorm { get; init; }

    /// <summary>Self-attention of a layer.</summary>
    public required Func<int, AttentionNames> SelfAttention { get; init; }

    /// <summary>Cross-attention of a layer; null in an encoder.</summary>
    public Func<int, AttentionNames>? CrossAttention { get; init; }

    /// <summary>The feed-forward network of a layer.</summary>
    public required Func<int, FeedForwardNames> FeedForward { get; init; }
}
