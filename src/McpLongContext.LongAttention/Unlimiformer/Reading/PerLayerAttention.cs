using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Devices;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Retrieval attention in every layer by itself. From one layer on, for each token after the sinks and each key/value
/// head g: the tokens t of the token memory with the greatest mean_h(q_h) . k_t, h the query heads of g, positions left
/// out; then softmax(scale R(q_h) R(K)^T) V over [sinks | spans around those tokens in the order of the token memory |
/// local window], with positions that continue without a gap. The layers below see a local window alone.
/// </summary>
/// <remarks>
/// Keys of token memory and window are both kept without rotation and rotated together, by their place among those that
/// are read; token memory never takes a place of the window.
/// </remarks>
public sealed class PerLayerAttention : ITokenMemoryAttention
{
    private readonly DecoderConfig _config;
    private readonly ReadingSource _source;
    private readonly CausalAttention _below;
    private readonly LocalVectors[] _local;
    private readonly RotaryTable _rotary;
    private readonly int _positions;
    private readonly Lazy<float[]> _rotation;
    private readonly int _sinks;
    private readonly int _neighbors;
    private readonly SpanPlan _plan;
    private readonly int _window;
    private readonly AttendedSpans _attended = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan[] _times;

    /// <summary>Creates the attention of a new sequence.</summary>
    /// <param name="source">The model and its token memory, in full depth.</param>
    /// <param name="sinks">The sequence's first tokens, which every token sees and which do not search.</param>
    /// <param name="neighbors">The best tokens that each search gives.</param>
    /// <param name="plan">How much is read around them.</param>
    /// <param name="window">Tokens of the local window, besides the sinks.</param>
    public PerLayerAttention(ReadingSource source, int sinks, int neighbors, SpanPlan plan, int window)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfNegative(sinks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(neighbors);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        (_source, _sinks, _neighbors, _plan, _window) = (source, sinks, neighbors, plan, window);
        _config = source.Model.Config;
        _below = new CausalAttention(_config.WithWindow(sinks + window), MaxTokens);
        var layers = _config.LayerCount - source.Layout.LayerBegin;
        _local = [.. Enumerable.Range(0, layers * _config.KeyValueHeadCount).Select(_ => new LocalVectors())];
        _rotary = CachedAttention.Rotation(_config);
        _positions = sinks + plan.Budget + window;
        _rotary.Extend(_positions);
        _rotation = new Lazy<float[]>(() => _rotary.ToArray(_positions));
        _time = source.Time ?? TimeProvider.System;
        _times = new TimeSpan[_config.LayerCount];
    }

    /// <summary>The window slides, so that a sequence has no end.</summary>
    public int MaxTokens => int.MaxValue / 2;

    /// <inheritdoc/>
    public IReadOnlyList<AttendedSpan> Spans => _attended.Merge();

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> SearchTimes => _times;

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        ArgumentNullException.ThrowIfNull(threadPool);
        if (block.Layer < _source.Layout.LayerBegin)
        {
            _below.Attend(block, threadPool);
            return;
        }

        var tokens = block.Keys.Length / _config.KeyValueSize;
        for (var kvHead = 0; kvHead < _config.KeyValueHeadCount; kvHead++)
        {
            LocalOf(block.Layer, kvHead).Append(block, kvHead, _config);
            var hits = Search(block, kvHead, tokens, threadPool);
            var head = kvHead;
            var spans = new IReadOnlyList<TokenMemorySpan>[tokens];
            threadPool.Run(tokens, token => spans[token] = SpansOf(block.FirstPosition + token, hits[token]));
            if (!TryAttendOnDevice(block, head, spans))
            {
                threadPool.Run(tokens, token => AttendToken(block, head, token, spans));
            }
        }

        if (block.Layer == _config.LayerCount - 1 && block.FirstPosition + tokens > _sinks)
        {
            _attended.Measured++;
        }
    }

    /// <inheritdoc/>
    public void Truncate(int position)
    {
        _below.Truncate(position);
        Array.ForEach(_local, local => local.Truncate(position, _config.HeadDim));
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _attended.Clear();
        Array.Clear(_times);
    }

    private LocalVectors LocalOf(int layer, int kvHead) =>
        _local[((layer - _source.Layout.LayerBegin) * _config.KeyValueHeadCount) + kvHead];

    /// <summary>The best tokens for each token of a block.</summary>
    private TokenHit[][] Search(AttentionBlock block, int kvHead, int tokens, ComputeThreadPool threadPool)
    {
        var start = _time.GetTimestamp();
        var width = _config.HeadDim;
        var heads = _config.HeadCount / _config.KeyValueHeadCount;
        var means = new float[tokens * width];
        for (var token = 0; token < tokens; token++)
        {
            var mean = means.AsSpan(token * width, width);
            for (var head = 0; head < heads; head++)
            {
                TensorPrimitives.Add(mean, QueriesOf(block, kvHead, token).Span.Slice(head * width, width), mean);
            }

            TensorPrimitives.Divide(mean, heads, mean);
        }

        var plane = _source.Layout.KeyPlane(block.Layer, kvHead);
        var hits = NearestTokens.Of(_source.Memory, plane, means, width, _neighbors, threadPool);
        _times[block.Layer] += _time.GetElapsedTime(start);
        return hits;
    }

    /// <summary>The queries of a token in the query heads of a KV head, [query heads, headDim].</summary>
    private ReadOnlyMemory<float> QueriesOf(AttentionBlock block, int kvHead, int token)
    {
        var size = _config.QuerySize / _config.KeyValueHeadCount;
        return block.Queries.Slice((token * _config.QuerySize) + (kvHead * size), size);
    }

    private IReadOnlyList<TokenMemorySpan> SpansOf(int position, TokenHit[] hits) =>
        position < _sinks ? [] : _plan.Of(hits, _source.Memory.Texts);

    /// <summary>Attends to all tokens of a block on the device that holds their spans, where there is one.</summary>
    private bool TryAttendOnDevice(AttentionBlock block, int kvHead, IReadOnlyList<TokenMemorySpan>[] spans)
    {
        if (
            spans.Length < DeviceSpans.LeastTokens
            || _config.WindowOf(block.Layer) < _positions
            || !SpanAttentionInput.Takes(_config.HeadDim)
        )
        {
            return false;
        }

        var local = LocalOf(block.Layer, kvHead);
        var heads = _config.HeadCount / _config.KeyValueHeadCount;
        var width = _config.HeadDim;
        var call = new DeviceSpans(
            _source.Memory.Texts,
            _source.Layout.KeyPlane(block.Layer, kvHead),
            _source.Layout.ValuePlane(block.Layer, kvHead),
            heads,
            _positions
        );
        if (!call.Add(spans, block.FirstPosition, _sinks, _window))
        {
            return false;
        }

        var queries = new float[spans.Length * heads * width];
        for (var token = 0; token < spans.Length; token++)
        {
            QueriesOf(block, kvHead, token).Span.CopyTo(queries.AsSpan(token * heads * width));
        }

        var scale = _config.ScoreScale;
        if (call.Attend(queries, width, scale, _rotation.Value, local.Keys, local.Values) is not { } result)
        {
            return false;
        }

        for (var token = 0; token < spans.Length; token++)
        {
            result
                .Output.AsSpan(token * heads * width, heads * width)
                .CopyTo(block.Output.Span[((token * _config.QuerySize) + (kvHead * heads * width))..]);
        }

        foreach (var (span, share) in call.LastShares(result.Shares))
        {
            AddShare(spans[^1][span], share);
        }

        return true;
    }

    private void AddShare(TokenMemorySpan span, double share) =>
        _attended.Add(span, share / (_config.HeadCount * (_config.LayerCount - _source.Layout.LayerBegin)));

    private void AttendToken(
        AttentionBlock block,
        int kvHead,
        int token,
        IReadOnlyList<TokenMemorySpan>[] spansOfTokens
    )
    {
        var (layer, spans) = (block.Layer, spansOfTokens[token]);
        var position = block.FirstPosition + token;
        var read = Assemble(layer, kvHead, position, spans, spanValues: null);
        var queries = QueriesOf(block, kvHead, token).Span;
        var output = block.Output.Span.Slice((token * _config.QuerySize) + (kvHead * queries.Length), queries.Length);
        Attend(layer, queries, read, output);
        if (token < spansOfTokens.Length - 1 || spans.Count == 0)
        {
            return;
        }
        // The same attention over values that are 1 in a span's own dimension gives the spans' shares.
        var shares = new float[queries.Length];
        Attend(layer, queries, Assemble(layer, kvHead, position, spans, MarkSpan), shares);
        for (var i = 0; i < shares.Length; i++)
        {
            if (i % _config.HeadDim < spans.Count)
            {
                AddShare(spans[i % _config.HeadDim], shares[i]);
            }
        }
    }

    /// <summary>The positions that a token attends to: sinks, spans, local window up to itself.</summary>
    private KeyValueCache Assemble(
        int layer,
        int kvHead,
        int position,
        IReadOnlyList<TokenMemorySpan> spans,
        Action<int, Span<float>>? spanValues
    )
    {
        var width = _config.HeadDim;
        var cache = new KeyValueCache(1, width);
        var local = LocalOf(layer, kvHead);
        Append(0, Math.Min(_sinks, position + 1));
        var layout = _source.Layout;
        for (var i = 0; i < spans.Count; i++)
        {
            var text = _source.Memory.Texts[spans[i].Text];
            var (keys, values) = (new float[spans[i].Count * width], new float[spans[i].Count * width]);
            text.Read(layout.KeyPlane(layer, kvHead), spans[i].First, spans[i].Count, keys);
            if (spanValues is null)
            {
                text.Read(layout.ValuePlane(layer, kvHead), spans[i].First, spans[i].Count, values);
            }
            else
            {
                spanValues(i, values);
            }

            cache.Append(keys, values);
        }

        var first = Math.Min(position + 1, Math.Max(_sinks, position + 1 - _window));
        Append(first, position + 1 - first);
        return cache;

        void Append(int start, int count)
        {
            var keys = local.Keys.Slice(start * width, count * width);
            cache.Append(
                keys,
                spanValues is null ? local.Values.Slice(start * width, keys.Length) : new float[keys.Length]
            );
        }
    }

    private void MarkSpan(int span, Span<float> values)
    {
        for (var i = Math.Min(span, _config.HeadDim - 1); i < values.Length; i += _config.HeadDim)
        {
            values[i] = 1;
        }
    }

    private void Attend(int layer, ReadOnlySpan<float> queries, KeyValueCache read, Span<float> output) =>
        GroupedQueryAttention.Attend(
            queries,
            read,
            _rotary,
            _config.ScoreScale,
            _config.WindowOf(layer),
            new AttentionPart(1, 0, 0, 1),
            output
        );
}
