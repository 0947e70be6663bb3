using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Kernels;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Attention that also measures where it looks: for the last token of every block, the share of its attention that goes to
/// each span, in the mean of the heads and of the layers from one on.
/// </summary>
/// <remarks>
/// The measure is attention itself: over the same keys, with values that are 1 in a span's own dimension and 0 elsewhere,
/// the weighted values are the spans' shares.
/// </remarks>
public sealed class SpanAttention : IMemoryAttention
{
    private readonly LlamaConfig _config;
    private readonly Inference.Llama.CausalAttention _inner;
    private readonly int _layerBegin;
    private readonly KeyValueCache[] _marked;
    private readonly RotaryTable _rotary;
    private readonly IReadOnlyList<MemorySpan> _spans;
    private readonly double[] _sums;
    private readonly List<(int Position, int Span, int Count)> _marks = [];
    private int _measured;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="layerBegin">The first layer to measure.</param>
    /// <param name="spans">The spans; those behind the width of a head are measured together.</param>
    /// <param name="maxTokens">The longest sequence.</param>
    public SpanAttention(LlamaConfig config, int layerBegin, IReadOnlyList<MemorySpan> spans, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(spans);
        _config = config;
        _layerBegin = layerBegin;
        _inner = new Inference.Llama.CausalAttention(config, maxTokens);
        _marked = new KeyValueCache[config.LayerCount - layerBegin];
        for (var layer = 0; layer < _marked.Length; layer++)
            _marked[layer] = new KeyValueCache(config.KeyValueHeadCount, config.HeadDim);
        _rotary = Rotation.Of(config);
        _spans = spans;
        _sums = new double[spans.Count];
    }

    /// <inheritdoc/>
    public int MaxTokens => _inner.MaxTokens;

    /// <inheritdoc/>
    public IReadOnlyList<AttendedSpan> Spans =>
        [.. _spans.Select((span, i) => new AttendedSpan(span, _sums[i] / Math.Max(1, _measured)))];

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> SearchTimes => new TimeSpan[_config.LayerCount];

    /// <inheritdoc/>
    public void Reset()
    {
        Array.Clear(_sums);
        _measured = 0;
    }

    /// <summary>Says that tokens to come belong to a span.</summary>
    /// <param name="position">The first one's position in the sequence.</param>
    /// <param name="span">The span.</param>
    /// <param name="count">How many tokens.</param>
    public void Mark(int position, int span, int count) => _marks.Add((position, span, count));

    /// <summary>Inserts a span's keys and values into a layer; see <see cref="Inference.Llama.CausalAttention.Insert"/>.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="position">The sequence's position.</param>
    /// <param name="span">The span.</param>
    /// <param name="keys">[tokens, key/value heads, headDim], not rotated.</param>
    /// <param name="values">[tokens, key/value heads, headDim].</param>
    public void Insert(int layer, int position, int span, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        _inner.Insert(layer, position, keys, values);
        if (layer >= _layerBegin)
            _marked[layer - _layerBegin].Append(keys, Marks(keys.Length, _ => span));
    }

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, WorkerTeam team)
    {
        _inner.Attend(block, team);
        if (block.Layer < _layerBegin)
            return;
        var cache = _marked[block.Layer - _layerBegin];
        cache.Append(block.Keys.Span, Marks(block.Keys.Length, token => SpanAt(block.FirstPosition + token)));
        _rotary.Extend(cache.Count);
        var shares = new float[_config.QuerySize];
        team.Run(
            _config.KeyValueHeadCount,
            group =>
                Kernels.CausalAttention.Attend(
                    block.Queries.Span[^_config.QuerySize..],
                    cache,
                    _rotary,
                    _config.ScoreScale,
                    _config.SlidingWindow ?? int.MaxValue,
                    new AttentionPart(1, group, 0, 1),
                    shares
                )
        );
        for (var i = 0; i < shares.Length; i++)
        {
            if (i % _config.HeadDim < _sums.Length)
                _sums[i % _config.HeadDim] += shares[i] / (_config.HeadCount * _marked.Length);
        }

        if (block.Layer == _config.LayerCount - 1)
            _measured++;
    }

    /// <inheritdoc/>
    public void Truncate(int position)
    {
        if (position != 0)
            throw new NotSupportedException("A sequence that reads from memory is begun anew, not cut.");
        _inner.Truncate(0);
        Array.ForEach(_marked, cache => cache.Truncate(0));
        _marks.Clear();
        Reset();
    }

    private int? SpanAt(int position)
    {
        foreach (var (first, span, count) in _marks)
        {
            if (position >= first && position < first + count)
                return span;
        }

        return null;
    }

    /// <summary>Values that are 1 in the dimension of a token's span.</summary>
    private float[] Marks(int length, Func<int, int?> spanOf)
    {
        var values = new float[length];
        for (var start = 0; start < length; start += _config.HeadDim)
        {
            if (spanOf(start / _config.KeyValueSize) is { } span)
                values[start + Math.Min(span, _config.HeadDim - 1)] = 1;
        }

        return values;
    }
}
