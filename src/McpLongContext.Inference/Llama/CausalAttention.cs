using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama.Positions;
using McpLongContext.Kernels;

namespace McpLongContext.Inference.Llama;

/// <summary>The attention that the model was trained with: every token sees itself and those before it.</summary>
public sealed class CausalAttention : IAttention
{
    /// <summary>Queries, tokens times heads of a group, that a thread takes at a time.</summary>
    private const int PartQueries = 256;

    private readonly LlamaConfig _config;
    private readonly KeyValueCache[] _layers;
    private readonly int[] _inserted;
    private int _insertedAt;
    private RotaryTable _rotary;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="maxTokens">The longest sequence; null: the trained window.</param>
    public CausalAttention(LlamaConfig config, int? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        MaxTokens = maxTokens ?? config.ContextLength;
        _layers = new KeyValueCache[config.LayerCount];
        _inserted = new int[config.LayerCount];
        for (var layer = 0; layer < _layers.Length; layer++)
            _layers[layer] = new KeyValueCache(config.KeyValueHeadCount, config.HeadDim);
        _rotary = TableOf(config.RotaryScaling);
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
        _rotary = TableOf(scaling);
        MaxTokens = maxTokens;
    }

    /// <summary>
    /// Puts keys and values that did not come through the model behind the tokens seen so far, in one layer. The tokens to
    /// come see them there, and their positions go on behind them; in other layers nothing changes.
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
            throw new ArgumentException(
                $"position {position} found, expected that of all insertions, behind the last token.",
                nameof(position)
            );
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
    public void Attend(AttentionBlock block, WorkerTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        var cache = _layers[block.Layer];
        var expected = cache.Count - _inserted[block.Layer];
        if (block.FirstPosition != expected)
            throw new ArgumentException(
                $"a block at position {block.FirstPosition} found, expected {expected}.",
                nameof(block)
            );
        cache.Append(block.Keys.Span, block.Values.Span);
        var tokens = block.Keys.Length / _config.KeyValueSize;
        _rotary.Extend(cache.Count);

        var step = Math.Max(1, PartQueries * _config.KeyValueHeadCount / _config.HeadCount);
        var steps = (tokens + step - 1) / step;
        team.Run(
            steps * _config.KeyValueHeadCount,
            part =>
            {
                // The last tokens first: they see most, and what takes longest should not come at the end.
                var (reversed, group) = Math.DivRem(part, _config.KeyValueHeadCount);
                var first = (steps - 1 - reversed) * step;
                Kernels.CausalAttention.Attend(
                    block.Queries.Span,
                    cache,
                    _rotary,
                    _config.ScoreScale,
                    _config.SlidingWindow ?? int.MaxValue,
                    new AttentionPart(tokens, group, first, Math.Min(step, tokens - first)),
                    block.Output.Span
                );
            }
        );
    }

    /// <summary>Forgets the tokens from a position on, and what was inserted there or behind it.</summary>
    /// <param name="position">0 forgets all.</param>
    public void Truncate(int position)
    {
        for (var layer = 0; layer < _layers.Length; layer++)
        {
            if (position <= _insertedAt)
                _inserted[layer] = 0;
            // A sequence may end at a layer, behind which there is nothing.
            _layers[layer].Truncate(Math.Min(position + _inserted[layer], _layers[layer].Count));
        }
    }

    private RotaryTable TableOf(RotaryScaling scaling) =>
        new(scaling.Frequencies(_config.HeadDim, _config.RopeTheta), scaling.AttentionFactor);
}
