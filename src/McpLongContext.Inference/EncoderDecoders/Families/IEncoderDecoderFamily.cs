using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>How the Transformers library writes the encoder-decoders of a family.</summary>
internal interface IEncoderDecoderFamily
{
    /// <summary>The values of <c>model_type</c>.</summary>
    public IReadOnlyList<string> ModelTypes { get; }

    /// <summary>Fields of this family that no logit depends on.</summary>
    public IReadOnlySet<string> NeutralFields { get; }

    /// <summary>Reads the fields of a <c>config.json</c>.</summary>
    /// <exception cref="CheckpointException">A field has a value that is not supported.</exception>
    public EncoderDecoderConfig Read(JsonFields fields);

    /// <summary>The names of the tensors.</summary>
    /// <param name="tensors">All that there are: some files write the same ones under shorter names.</param>
    /// <param name="config">The configuration.</param>
    public IFamilyNames Names(ITensorSource tensors, EncoderDecoderConfig config);
}

/// <summary>The names of a model's tensors, without <c>.weight</c> and <c>.bias</c>.</summary>
internal interface IFamilyNames
{
    /// <summary>[vocabulary, hidden].</summary>
    public string Embedding { get; }

    /// <summary>[vocabulary, hidden], where it is not the embedding.</summary>
    public string Output { get; }

    /// <summary>[1, vocabulary], added to the logits, with its ending; null: none.</summary>
    public string? OutputBias { get; }

    /// <summary>The names of a stack.</summary>
    public StackNames Stack(bool isDecoder);

    /// <summary>Whether a tensor, by its whole name, repeats another one or is not used.</summary>
    public bool IsIgnored(string name);
}

/// <summary>The names of a stack's tensors.</summary>
internal sealed record StackNames
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

/// <summary>The names of an attention sublayer.</summary>
internal sealed record AttentionNames(string Norm, string Query, string Key, string Value, string Output);

/// <summary>The names of a feed-forward sublayer; it has a gate in gated networks alone.</summary>
internal sealed record FeedForwardNames(string Norm, string Gate, string Up, string Down);
