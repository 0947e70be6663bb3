using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Decoders;

/// <summary>The weights of a layer; empty vectors for what an architecture does not have.</summary>
internal sealed record DecoderLayer
{
    /// <summary>[hidden].</summary>
    public required float[] AttentionNorm { get; init; }

    /// <summary>[heads * headDim, hidden].</summary>
    public required IWeightMatrix Query { get; init; }

    /// <summary>[key/value heads * headDim, hidden].</summary>
    public required IWeightMatrix Key { get; init; }

    /// <summary>[key/value heads * headDim, hidden].</summary>
    public required IWeightMatrix Value { get; init; }

    /// <summary>[heads * headDim].</summary>
    public required float[] QueryBias { get; init; }

    /// <summary>[key/value heads * headDim].</summary>
    public required float[] KeyBias { get; init; }

    /// <summary>[key/value heads * headDim].</summary>
    public required float[] ValueBias { get; init; }

    /// <summary>[headDim].</summary>
    public required float[] QueryNorm { get; init; }

    /// <summary>[headDim].</summary>
    public required float[] KeyNorm { get; init; }

    /// <summary>[hidden, heads * headDim].</summary>
    public required IWeightMatrix AttentionOutput { get; init; }

    /// <summary>[hidden].</summary>
    public required float[] AttentionOutputBias { get; init; }

    /// <summary>[hidden].</summary>
    public required float[] FeedForwardNorm { get; init; }

    /// <summary>[intermediate, hidden].</summary>
    public required IWeightMatrix Gate { get; init; }

    /// <summary>[intermediate].</summary>
    public required float[] GateBias { get; init; }

    /// <summary>[intermediate, hidden].</summary>
    public required IWeightMatrix Up { get; init; }

    /// <summary>[intermediate].</summary>
    public required float[] UpBias { get; init; }

    /// <summary>[hidden, intermediate].</summary>
    public required IWeightMatrix Down { get; init; }

    /// <summary>[hidden].</summary>
    public required float[] DownBias { get; init; }

    /// <summary>The layer with a LoRA adapter of one projection.</summary>
    /// <exception cref="ArgumentException">The change does not fit the projection.</exception>
    public DecoderLayer With(LoraAdapter change)
    {
        return change.Projection switch
        {
            AttentionProjection.Query => this with { Query = Adapt(Query) },
            AttentionProjection.Key => this with { Key = Adapt(Key) },
            AttentionProjection.Value => this with { Value = Adapt(Value) },
            AttentionProjection.Output => this with { AttentionOutput = Adapt(AttentionOutput) },
            _ => throw new ArgumentException($"{change.Projection} found, expected a projection.", nameof(change)),
        };

        LoraMatrix Adapt(IWeightMatrix matrix)
        {
            var (down, up) = (change.Down.Length, change.Up.Length);
            return change.Rank > 0 && down == change.Rank * matrix.Inputs && up == change.Rank * matrix.Outputs
                ? new LoraMatrix(matrix, change.Rank, change.Down.Span, change.Up.Span)
                : throw new ArgumentException(
                    $"{down} and {up} floats of rank {change.Rank} found, expected [rank, {matrix.Inputs}] and "
                        + $"[{matrix.Outputs}, rank].",
                    nameof(change)
                );
        }
    }
}
