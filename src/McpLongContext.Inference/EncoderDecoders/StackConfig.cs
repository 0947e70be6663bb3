namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>The dimensions of one stack of layers.</summary>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Attention heads of a layer.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="IntermediateSize">Width of the feed-forward networks.</param>
public sealed record StackConfig(int LayerCount, int HeadCount, int HeadDim, int IntermediateSize)
{
    /// <summary>Width of the queries of all heads.</summary>
    public int InnerSize => HeadCount * HeadDim;
}
