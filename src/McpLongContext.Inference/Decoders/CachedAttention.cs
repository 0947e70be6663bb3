using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// Causal attention over the cache of one layer, shared among threads; for implementations of attention.
/// </summary>
public static class CachedAttention
{
    /// <summary>Queries, tokens times query heads of a KV head, that a thread takes at a time.</summary>
    private const int PartQueries = 256;

    /// <summary>The rotation of a model's keys and queries.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="scaling">The scaling of the frequencies; null: the configuration's.</param>
    public static RotaryTable Rotation(DecoderConfig config, RotaryScaling? scaling = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        scaling ??= config.RotaryScaling;
        return new RotaryTable(scaling.Frequencies(config.HeadDim, config.RopeTheta), scaling.AttentionFactor);
    }

    /// <summary>Adds a block's keys and values to the cache and attends its queries to everything in it.</summary>
    /// <param name="block">The block.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="cache">The layer's keys and values before the block.</param>
    /// <param name="rotary">The rotation; extended to the cache's length.</param>
    /// <param name="threadPool">Computes.</param>
    /// <param name="after">Runs after each part, on its thread, when its output is written.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Attend(
        AttentionBlock block,
        DecoderConfig config,
        KeyValueCache cache,
        RotaryTable rotary,
        ComputeThreadPool threadPool,
        Action<AttentionPart>? after = null
    )
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(rotary);
        ArgumentNullException.ThrowIfNull(threadPool);
        cache.Append(block.Keys.Span, block.Values.Span);
        rotary.Extend(cache.Count);
        var tokens = block.Keys.Length / config.KeyValueSize;
        var step = Math.Max(1, PartQueries * config.KeyValueHeadCount / config.HeadCount);
        var steps = (tokens + step - 1) / step;
        threadPool.Run(
            steps * config.KeyValueHeadCount,
            index =>
            {
                // The last tokens first: they see most, and what takes longest should not come at the end.
                var (reversed, kvHead) = Math.DivRem(index, config.KeyValueHeadCount);
                var first = (steps - 1 - reversed) * step;
                var part = new AttentionPart(tokens, kvHead, first, Math.Min(step, tokens - first));
                GroupedQueryAttention.Attend(
                    block.Queries.Span,
                    cache,
                    rotary,
                    config.ScoreScale,
                    config.WindowOf(block.Layer),
                    part,
                    block.Output.Span
                );
                after?.Invoke(part);
            }
        );
    }
}
