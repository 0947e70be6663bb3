using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Llama;

/// <summary>The weights of a layer; empty vectors for what an architecture does not have.</summary>
internal sealed record LlamaLayer
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

    /// <summary>[intermediate, hidden].</summary>
    public required IWeightMatrix Up { get; init; }

    /// <summary>[hidden, intermediate].</summary>
    public required IWeightMatrix Down { get; init; }
}
