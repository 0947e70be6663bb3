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

    /// <inheritdoc />
    public void Attend(AttentionBlock block, WorkerTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        var cache = _layers[block.Layer];
        if (block.FirstPosition != cache.Count)
            throw new ArgumentException(
                $"a block at position {block.FirstPosition} found, expected {cache.Count}.",
                nameof(block)
            );
        cache.Append(block.Keys.Span, block.Values.Span);
        _rotary.Extend(cache.Count);

        var tokens = block.Keys.Length / _config.KeyValueSize;
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

    /// <inheritdoc />
    public void Truncate(int position)
    {
        foreach (var layer in _layers)
            layer.Truncate(position);
    }

    private RotaryTable TableOf(RotaryScaling scaling) =>
        new(scaling.Frequencies(_config.HeadDim, _config.RopeTheta), scaling.AttentionFactor);
}
