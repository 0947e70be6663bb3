using System.Runtime.InteropServices;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>Keys and values of the sequence's tokens in one head of one layer, [tokens, headDim] each.</summary>
internal sealed class LocalVectors
{
    private readonly List<float> _keys = [];
    private readonly List<float> _values = [];

    public ReadOnlySpan<float> Keys => CollectionsMarshal.AsSpan(_keys);

    public ReadOnlySpan<float> Values => CollectionsMarshal.AsSpan(_values);

    public void Append(AttentionBlock block, int kvHead, DecoderConfig config)
    {
        for (var start = kvHead * config.HeadDim; start < block.Keys.Length; start += config.KeyValueSize)
        {
            _keys.AddRange(block.Keys.Span.Slice(start, config.HeadDim));
            _values.AddRange(block.Values.Span.Slice(start, config.HeadDim));
        }
    }

    public void Truncate(int tokens, int width)
    {
        _keys.RemoveRange(tokens * width, _keys.Count - (tokens * width));
        _values.RemoveRange(tokens * width, _values.Count - (tokens * width));
    }
}
