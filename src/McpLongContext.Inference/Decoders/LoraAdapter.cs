namespace McpLongContext.Inference.Decoders;

/// <summary>The projections of a layer's attention.</summary>
public enum AttentionProjection
{
    /// <summary>[heads * headDim, hidden].</summary>
    Query,

    /// <summary>[key/value heads * headDim, hidden].</summary>
    Key,

    /// <summary>[key/value heads * headDim, hidden].</summary>
    Value,

    /// <summary>[hidden, heads * headDim].</summary>
    Output,
}

/// <summary>A change B A of one projection (LoRA, Hu et al., arXiv 2106.09685), any scale of it already in B.</summary>
/// <param name="Layer">From 0.</param>
/// <param name="Projection">The projection that it is added to, its rows in the order of pairs (i, i + headDim /
/// 2).</param>
/// <param name="Rank">The inner dimension, positive.</param>
/// <param name="Down">A [rank, inputs].</param>
/// <param name="Up">B [outputs, rank].</param>
public sealed record LoraAdapter(
    int Layer,
    AttentionProjection Projection,
    int Rank,
    ReadOnlyMemory<float> Down,
    ReadOnlyMemory<float> Up
);
