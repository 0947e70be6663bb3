using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Attention that also measures where it looks: for the last token of every block, the share of its attention that goes
/// to each span, in the mean of the heads and of the layers from one on.
/// </summary>
/// <remarks>
/// The measure is attention itself: over the same keys, with values that are 1 in a span's own dimension and 0
/// elsewhere, the weighted values are the spans' shares.
/// </remarks>
public sealed class SpanAttention : ITokenMemoryAttention
{
    private readonly DecoderConfig _config;
    private readonly CausalAttention _inner;
    private readonly int _layerBegin;
    private readonly KeyValueCache[] _marked;
    private readonly RotaryTable _rotary;
    private readonly TimeSpan[] _times;
    private readonly AttendedSpans _before = new();
    private IReadOnlyList<TokenMemorySpan> _spans;
    private double[] _sums;
    private int _insertedAt;
    private readonly List<(int Position, int Span, int Count)> _marks = [];
    private int _measured;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="layerBegin">The first layer to measure.</param>
    /// <param name="spans">The spans; those after the width of a head are measured together.</param>
    /// <param name="maxTokens">The longest sequence.</param>
    public SpanAttention(DecoderConfig config, int layerBegin, IReadOnlyList<TokenMemorySpan> spans, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(spans);
        _config = config;
        _layerBegin = layerBegin;
        _inner = new CausalAttention(config, maxTokens);
        _marked = new KeyValueCache[config.LayerCount - layerBegin];
        for (var layer = 0; layer < _marked.Length; layer++)
        {
            _marked[layer] = new KeyValueCache(config.KeyValueHeadCount, config.HeadDim);
        }

        _rotary = CachedAttention.Rotation(config);
        _spans = spans;
        _sums = new double[spans.Count];
        _times = new TimeSpan[config.LayerCount];
    }

    /// <inheritdoc/>
    public int MaxTokens => _inner.MaxTokens;

    /// <inheritdoc/>
    public IReadOnlyList<AttendedSpan> Spans
    {
        get
        {
            if (_before.Measured == 0)
            {
                return [.. _spans.Select((span, i) => new AttendedSpan(span, _sums[i] / Math.Max(1, _measured)))];
            }

            var all = _before.Clone();
            Collect(all);
            return all.Merge();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> SearchTimes => _times;

    /// <inheritdoc/>
    public void Reset()
    {
        Array.Clear(_sums);
        _before.Clear();
        Array.Clear(_times);
        _measured = 0;
    }

    /// <summary>Says that tokens to come belong to a span.</summary>
    /// <param name="position">The first one's position in the sequence.</param>
    /// <param name="span">The span.</param>
    /// <param name="count">How many tokens.</param>
    public void Mark(int position, int span, int count) => _marks.Add((position, span, count));

    /// <summary>Inserts the spans' keys and values into a layer; see <see cref="CausalAttention.Insert"/>.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="position">The sequence's position.</param>
    /// <param name="keys">[tokens, key/value heads, headDim] of all spans, not rotated.</param>
    /// <param name="values">[tokens, key/value heads, headDim].</param>
    public void Insert(int layer, int position, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        _inner.Insert(layer, position, keys, values);
        _insertedAt = position;
        if (layer >= _layerBegin)
        {
            _marked[layer - _layerBegin].Append(keys, SpanMarks());
        }
    }

    /// <summary>Puts other spans in the place of those that were inserted; what was measured of these stays.</summary>
    /// <param name="spans">The spans.</param>
    /// <param name="vectors">Keys and values of the tokens in a layer, as <see cref="Insert"/> takes them.</param>
    public void Replace(IReadOnlyList<TokenMemorySpan> spans, Func<int, (float[] Keys, float[] Values)> vectors)
    {
        ArgumentNullException.ThrowIfNull(spans);
        ArgumentNullException.ThrowIfNull(vectors);
        Collect(_before);
        var replaced = _spans.Sum(span => span.Count);
        (_spans, _sums, _measured) = (spans, new double[spans.Count], 0);
        var marks = SpanMarks();
        for (var layer = _layerBegin; layer < _config.LayerCount; layer++)
        {
            var (keys, values) = vectors(layer);
            _inner.Replace(layer, keys, values);
            _marked[layer - _layerBegin].Replace(_insertedAt, replaced, keys, marks);
        }
    }

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        _inner.Attend(block, threadPool);
        if (block.Layer < _layerBegin)
        {
            return;
        }

        var cache = _marked[block.Layer - _layerBegin];
        var tokens = block.Keys.Length / _config.KeyValueSize;
        cache.Append(block.Keys.Span, Marks(Enumerable.Range(block.FirstPosition, tokens).Select(SpanAt)));
        _rotary.Extend(cache.Count);
        var shares = new float[_config.QuerySize];
        threadPool.Run(
            _config.KeyValueHeadCount,
            kvHead =>
                GroupedQueryAttention.Attend(
                    block.Queries.Span[^_config.QuerySize..],
                    cache,
                    _rotary,
                    _config.ScoreScale,
                    _config.WindowOf(block.Layer),
                    new AttentionPart(1, kvHead, 0, 1),
                    shares
                )
        );
        for (var i = 0; i < shares.Length; i++)
        {
            if (i % _config.HeadDim < _sums.Length)
            {
                _sums[i % _config.HeadDim] += shares[i] / (_config.HeadCount * _marked.Length);
            }
        }

        if (block.Layer == _config.LayerCount - 1)
        {
            _measured++;
        }
    }

    /// <inheritdoc/>
    public void Truncate(int position)
    {
        if (position != 0)
        {
            throw new NotSupportedException("A sequence that reads from memory is begun anew, not cut.");
        }

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
            {
                return span;
            }
        }

        return null;
    }

    /// <summary>Says that a search has taken so long.</summary>
    /// <param name="layer">The layer whose queries asked.</param>
    /// <param name="time">How long.</param>
    public void AddSearch(int layer, TimeSpan time) => _times[layer] += time;

    private void Collect(AttendedSpans attended)
    {
        for (var span = 0; span < _spans.Count; span++)
        {
            attended.Add(_spans[span], _sums[span]);
        }

        attended.Measured += _measured;
    }

    private float[] SpanMarks() =>
        Marks(_spans.SelectMany((span, number) => Enumerable.Repeat((int?)number, span.Count)));

    /// <summary>Values that are 1 in the dimension of a token's span, [tokens, key/value heads, headDim].</summary>
    private float[] Marks(IEnumerable<int?> spans)
    {
        var values = new List<float>();
        foreach (var span in spans)
        {
            var head = new float[_config.HeadDim];
            if (span is { } number)
            {
                head[Math.Min(number, head.Length - 1)] = 1;
            }

            for (var kvHead = 0; kvHead < _config.KeyValueHeadCount; kvHead++)
            {
                values.AddRange(head);
            }
        }

        return [.. values];
    }
}
