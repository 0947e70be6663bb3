using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.Positions;

/// <summary>The RAM that a full window takes besides the weights: a sequence of that many tokens.</summary>
/// <param name="KeyValueCacheBytes">Keys and values of all layers; 0 for an encoder, which keeps none.</param>
/// <param name="PositionTableBytes">The table of positions, or of cosines and sines.</param>
/// <param name="BufferBytes">Buffers that grow with the sequence; 0 for a decoder, which works in blocks.</param>
public sealed record FootprintEstimate(long KeyValueCacheBytes, long PositionTableBytes, long BufferBytes)
{
    /// <summary>All of it.</summary>
    public long TotalBytes => KeyValueCacheBytes + PositionTableBytes + BufferBytes;

    /// <summary>Of a decoder: keys and values in fp32, [layers, 2, tokens, key/value heads, headDim].</summary>
    public static FootprintEstimate Of(DecoderConfig config, int length) =>
        new(
            2L * config.LayerCount * config.KeyValueSize * sizeof(float) * length,
            (long)config.HeadDim * sizeof(float) * length,
            BufferBytes: 0
        );

    /// <summary>Of a bit model: keys and values in fp32 of what attention reads, and the table of positions.</summary>
    public static FootprintEstimate Of(BitTransformerConfig config, int length) =>
        new(
            2L
                * config.LayerCount
                * config.Width
                * sizeof(float)
                * (config.ChunkSize == 0 ? length : Math.Min(length, config.ChunkSize + config.ChunkOverlap)),
            (long)config.Width * sizeof(float) * length,
            BufferBytes: 0
        );

    /// <summary>
    /// Of an encoder: per token its states, queries, keys and values, two more of the width of a state, and the
    /// feed-forward network's.
    /// </summary>
    public static FootprintEstimate Of(BertConfig config, int length) =>
        new(
            KeyValueCacheBytes: 0,
            (long)config.HiddenSize * sizeof(float) * length,
            ((6L * config.HiddenSize) + config.IntermediateSize) * sizeof(float) * length
        );
}
