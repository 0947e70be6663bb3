using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;

namespace McpLongContext.Inference.Decoders;

/// <summary>The attention that the model was trained with: every token sees itself and those before it.</summary>
public sealed class CausalAttention : IAttention
{
    private readonly DecoderConfig _config;
    private readonly KeyValueCache[] _layers;
    private readonly int[] _inserted;
    private int _insertedAt;
    private RotaryTable _rotary;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="maxTokens">The longest sequence; null: the trained window.</param>
    public CausalAttention(DecoderConfig config, int? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        MaxTokens = maxTokens ?? config.ContextLength;
        _layers = new KeyValueCache[config.LayerCount];
        _inserted = new int[config.LayerCount];
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer] = new KeyValueCache(config.KeyValueHeadCount, config.HeadDim);
        }

        _rotary = CachedAttention.Rotation(config);
    }

    /// <inheritdoc />
    public int MaxTokens { get; private set; }

    /// <summary>Changes the rotation, of the tokens seen already, too: keys are kept without it.</summary>
    /// <param name="scaling">The scaling of the frequencies.</param>
    /// <param name="maxTokens">The longest sequence with it.</param>
    public void Rescale(RotaryScaling scaling, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(scaling);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, _layers[0].Count);
        _rotary = CachedAttention.Rotation(_config, scaling);
        MaxTokens = maxTokens;
    }

    /// <summary>
    /// Puts keys and values that did not come through the model after the tokens seen so far, in one layer. The tokens
    /// to come see them there, and their positions continue after them; in other layers nothing changes.
    /// </summary>
    /// <param name="layer">From 0.</param>
    /// <param name="position">The sequence's position; the same one for all that is inserted.</param>
    /// <param name="keys">[tokens, key/value heads, headDim], not rotated.</param>
    /// <param name="values">[tokens, key/value heads, headDim].</param>
    /// <exception cref="ArgumentException">The position is another one, or the lengths do not fit.</exception>
    public void Insert(int layer, int position, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        var cache = _layers[layer];
        if (
            position + _inserted[layer] != cache.Count
            || (_inserted.Any(count => count > 0) && position != _insertedAt)
        )
        {
            throw new ArgumentException(
                $"position {position} found, expected that of all insertions, after the last token.",
                nameof(position)
            );
        }

        var before = cache.Count;
        cache.Append(keys, values);
        _inserted[layer] += cache.Count - before;
        _insertedAt = position;
    }

    /// <summary>Puts other keys and values in the place of all that was inserted into a layer.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="keys">[tokens, key/value heads, headDim], not rotated.</param>
    /// <param name="values">[tokens, key/value heads, headDim].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void Replace(int layer, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        _layers[layer].Replace(_insertedAt, _inserted[layer], keys, values);
        _inserted[layer] = keys.Length / _config.KeyValueSize;
    }

    /// <inheritdoc />
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        ArgumentNullException.ThrowIfNull(threadPool);
        var cache = _layers[block.Layer];
        var expected = cache.Count - _inserted[block.Layer];
        if (block.FirstPosition != expected)
        {
            throw new ArgumentException(
                $"a block at position {block.FirstPosition} found, expected {expected}.",
                nameof(block)
            );
        }

        CachedAttention.Attend(block, _config, cache, _rotary, threadPool);
    }

    /// <summary>Forgets the tokens from a position on, and what was inserted there or after it.</summary>
    /// <param name="position">0 forgets all.</param>
    public void Truncate(int position)
    {
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            if (position <= _insertedAt)
            {
                _inserted[layer] = 0;
            }
            // A sequence may end at a layer, after which there is nothing.
            _layers[layer].Truncate(Math.Min(position + _inserted[layer], _layers[layer].Count));
        }
    }
}
