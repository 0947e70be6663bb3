using McpLongContext.Inference.EncoderDecoders.Families;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The dimensions and switches of an encoder-decoder, validated.</summary>
public sealed record EncoderDecoderConfig
{
    /// <summary>The largest dimension that is accepted.</summary>
    internal const int MaxDimension = 1 << 20;

    /// <summary>The family as <c>model_type</c> names it: <c>t5</c>, <c>mt5</c> or <c>bart</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of a hidden state, of the encoder and of the decoder.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The stack that reads the source.</summary>
    public required StackConfig Encoder { get; init; }

    /// <summary>The stack that writes the target.</summary>
    public required StackConfig Decoder { get; init; }

    /// <summary>The trained window: tokens of a source, its begin and end included.</summary>
    public required int Window { get; init; }

    /// <summary>The most tokens that a window or a target can have: rows of the table of positions, where there is one.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Rows of the table of positions before that of position 0; 0 where there is no table.</summary>
    public int PositionOffset => RelativePositions is null ? BartFamily.PositionOffset : 0;

    /// <summary>The relative positions of self-attention; null: learned absolute ones.</summary>
    public RelativePositions? RelativePositions { get; init; }

    /// <summary>
    /// Whether a sublayer normalizes its input by the root mean square and a stack its output (T5), instead of each sum
    /// by its mean and variance (BART).
    /// </summary>
    public required bool IsPreNorm { get; init; }

    /// <summary>Added to the variance or the mean square.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Whether products have biases.</summary>
    public required bool HasBias { get; init; }

    /// <summary>The function of the feed-forward networks.</summary>
    public required FeedForwardFunction FeedForward { get; init; }

    /// <summary>The factor of the embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>The factor of the last states before the output matrix.</summary>
    public float OutputScale { get; init; } = 1;

    /// <summary>The factor of the products of queries and keys; null: 1 / sqrt(headDim).</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Whether the embedding is the output matrix, too.</summary>
    public required bool HasTiedOutput { get; init; }

    /// <summary>The token that begins a source; null: none.</summary>
    public int? SourceBegin { get; init; }

    /// <summary>The token that ends sources and targets.</summary>
    public required int End { get; init; }

    /// <summary>The token that the decoder begins with.</summary>
    public required int TargetBegin { get; init; }

    /// <summary>The number of weights.</summary>
    public long ParameterCount
    {
        get
        {
            var tables = (long)VocabularySize * HiddenSize * (HasTiedOutput ? 1 : 2);
            tables += RelativePositions is { } relative
                ? relative.Buckets * (Encoder.HeadCount + Decoder.HeadCount)
                : 2L * MaxPositions * HiddenSize;
            return tables + OfStack(Encoder, attentions: 1) + OfStack(Decoder, attentions: 2);
        }
    }

    /// <summary>RAM for the weights in an arithmetic, in bytes.</summary>
    internal long WeightBytes(Layers.Precision precision) =>
        ParameterCount * (precision == Layers.Precision.Int8 ? sizeof(byte) : sizeof(float));

    private long OfStack(StackConfig stack, int attentions)
    {
        var attention = 4L * HiddenSize * stack.InnerSize;
        var matrices = FeedForward == FeedForwardFunction.GatedTanhGelu ? 3 : 2;
        return stack.LayerCount * ((attentions * attention) + ((long)matrices * HiddenSize * stack.IntermediateSize));
    }
}
