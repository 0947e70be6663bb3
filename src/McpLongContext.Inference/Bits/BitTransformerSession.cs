using System.Numerics.Tensors;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Bits;

/// <summary>
/// Streams of bits in progress, all at the same position: the keys and values of what each lane may still attend to,
/// and buffers. Not thread-safe.
/// </summary>
/// <remarks>
/// A bit of chunk c attends to itself and the bits before it, down to c * chunk size - overlap: at the beginning of a
/// chunk the cache keeps the overlap and forgets the rest, so that its size does not depend on the window.
/// </remarks>
public sealed class BitTransformerSession
{
    /// <summary>Rows that pass through the layers together, so that their buffers stay in the cache.</summary>
    private const int BlockRows = 512;

    private readonly BitTransformer _model;
    private readonly BitTransformerConfig _config;
    private readonly int _lanes;
    private readonly KeyValueCache[] _caches; // [layers, lanes]
    private readonly BitHistory[] _histories; // [lanes]; none where the model has none
    private readonly Buffers _buffers;
    private int _blockCount;

    internal BitTransformerSession(BitTransformer model, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        (_model, _config, _lanes) = (model, model.Config, lanes);
        _caches = new KeyValueCache[_config.LayerCount * lanes];
        for (var i = 0; i < _caches.Length; i++)
        {
            _caches[i] = new KeyValueCache(_config.HeadCount, _config.HeadDim);
        }

        _histories =
            _config.HistoryBytes == 0
                ? []
                : [.. Enumerable.Range(0, lanes).Select(_ => new BitHistory(_config.HistoryBytes))];
        _buffers = new Buffers(_config, Math.Max(BlockRows, lanes));
    }

    /// <summary>Bits read of each lane since the last <see cref="Reset"/>.</summary>
    public int Position { get; private set; }

    /// <summary>Forgets all lanes: the next bit is the first of a window.</summary>
    public void Reset()
    {
        Position = 0;
        _blockCount = 0;
        foreach (var cache in _caches)
        {
            cache.Clear();
        }

        Array.ForEach(_histories, history => history.Clear());
    }

    /// <summary>Reads bits and predicts the bit after each.</summary>
    /// <param name="bits">[lanes, count], each 0 or 1.</param>
    /// <param name="place">The place of the first bit in its byte.</param>
    /// <param name="logits">[lanes, count, 2]: of a 0 and of a 1 as the next bit.</param>
    /// <param name="cancellation">Ends the work between blocks of bits.</param>
    /// <exception cref="ArgumentException">
    /// The lengths do not fit each other, the window would be too long, or something is no bit.
    /// </exception>
    public void Forward(
        ReadOnlySpan<byte> bits,
        int place,
        Span<float> logits,
        CancellationToken cancellation = default
    )
    {
        var count = Check(bits, place, logits);
        for (var first = 0; first < count; )
        {
            cancellation.ThrowIfCancellationRequested();
            var block = Math.Min(Math.Max(1, BlockRows / _lanes), count - first);
            if (_config.ChunkSize > 0)
            {
                block = Math.Min(block, _config.ChunkSize - (Position % _config.ChunkSize));
            }

            BeginChunk();
            Embed(bits, count, first, block, place);
            ForwardBlock(block);
            WriteLogits(count, first, block, logits);
            Position += block;
            first += block;
            _blockCount = block;
        }
    }

    /// <summary>
    /// Mean entropy in bits of the attention weights of the last layer, over all heads and some queries of the block of
    /// lane 0 that was read last.
    /// </summary>
    /// <param name="queries">How many queries, evenly spaced; fewer where the block has fewer.</param>
    public double AttentionEntropy(int queries)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queries);
        if (_blockCount == 0)
        {
            throw new InvalidOperationException("no bits were read since the window began; read some first.");
        }

        var cache = _caches[(_config.LayerCount - 1) * _lanes];
        var (headDim, count) = (_config.HeadDim, Math.Min(queries, _blockCount));
        var keys = new float[cache.Count * headDim];
        var values = new float[keys.Length];
        double sum = 0;
        for (var head = 0; head < _config.HeadCount; head++)
        {
            cache.Read(head, 0, keys, values);
            for (var i = 0; i < count; i++)
            {
                var token = ((i + 1) * _blockCount / count) - 1;
                var query = _buffers.QueryKeyValue.AsSpan((token * 3 * _config.Width) + (head * headDim), headDim);
                sum += EntropyOf(query, keys.AsSpan(0, (cache.Count - _blockCount + token + 1) * headDim));
            }
        }

        return sum / (count * _config.HeadCount);
    }

    /// <summary>At a chunk's beginning, only the overlap stays.</summary>
    private void BeginChunk()
    {
        if (_config.ChunkSize == 0 || Position == 0 || Position % _config.ChunkSize != 0)
        {
            return;
        }

        foreach (var cache in _caches)
        {
            cache.RemoveFirst(Math.Max(0, cache.Count - _config.ChunkOverlap));
        }
    }

    private void Embed(ReadOnlySpan<byte> bits, int count, int first, int block, int place)
    {
        var width = _config.Width;
        var weights = _model.Weights;
        for (var lane = 0; lane < _lanes; lane++)
        {
            for (var i = 0; i < block; i++)
            {
                var x = _buffers.First.AsSpan(((lane * block) + i) * width, width);
                var bit = bits[(lane * count) + first + i];
                var position = _model.PositionTable.AsSpan((Position + i) * width, width);
                TensorPrimitives.Add(weights.Bits.AsSpan(bit * width, width), position, x);
                var at = (place + first + i) % _config.BitsPerByte;
                if (_config.HasPlaces)
                {
                    TensorPrimitives.Add(x, weights.Places.AsSpan(at * width, width), x);
                }

                if (_histories.Length > 0)
                {
                    AddHistory(_histories[lane], bit, at, x);
                }
            }
        }
    }

    private void AddHistory(BitHistory history, int bit, int place, Span<float> x)
    {
        history.Push(bit, place);
        foreach (var row in history.Rows)
        {
            TensorPrimitives.Add(x, _model.Weights.History.AsSpan(row * _config.Width, _config.Width), x);
        }
    }

    private void ForwardBlock(int block)
    {
        var size = _lanes * block * _config.Width;
        var first = _buffers.First.AsSpan(0, size);
        var second = _config.IsReversible ? _buffers.Second.AsSpan(0, size) : first;
        first.CopyTo(second);
        _buffers.Halting.Begin(_lanes * block);
        for (var index = 0; index < _config.LayerCount; index++)
        {
            var layer = _model.Weights.Layers[index];
            _buffers.Halting.Keep(first, second);
            Attend(layer, index, block, second, first);
            FeedForward(layer, first, second);
            _buffers.Halting.Advance(layer, first, second, isLast: index + 1 == _config.LayerCount);
        }
    }

    /// <summary>target = target + attention(norm(source)).</summary>
    private void Attend(BitTransformerLayer layer, int index, int block, Span<float> source, Span<float> target)
    {
        var width = _config.Width;
        var size = source.Length;
        var normal = _buffers.Normal.AsSpan(0, size);
        var queryKeyValue = _buffers.QueryKeyValue.AsSpan(0, 3 * size);
        Normalize(layer.AttentionNorm, source, normal);
        layer.QueryKeyValue.Project(normal, queryKeyValue);
        var scale = 1 / MathF.Sqrt(_config.HeadDim);
        for (var lane = 0; lane < _lanes; lane++)
        {
            var cache = _caches[(index * _lanes) + lane];
            var parts = queryKeyValue.Slice(lane * block * 3 * width, block * 3 * width);
            cache.AppendProjected(parts);
            GroupedQueryAttention.AttendProjected(
                parts,
                cache,
                scale,
                normal.Slice(lane * block * width, block * width)
            );
        }

        var projected = _buffers.Projected.AsSpan(0, size);
        layer.AttentionOutput.Project(normal, projected);
        TensorPrimitives.Add(target, projected, target);
    }

    /// <summary>target = target + W2 gelu(W1 norm(source)).</summary>
    private void FeedForward(BitTransformerLayer layer, Span<float> source, Span<float> target)
    {
        var size = source.Length;
        var normal = _buffers.Normal.AsSpan(0, size);
        var intermediate = _buffers.Intermediate.AsSpan(0, size / _config.Width * _config.FeedForwardSize);
        var projected = _buffers.Projected.AsSpan(0, size);
        Normalize(layer.FeedForwardNorm, source, normal);
        layer.Intermediate.Project(normal, intermediate, Activation.Gelu);
        layer.Output.Project(intermediate, projected);
        TensorPrimitives.Add(target, projected, target);
    }

    private void WriteLogits(int count, int first, int block, Span<float> logits)
    {
        var (width, weights) = (_config.Width, _model.Weights);
        var size = _lanes * block * width;
        var x = _buffers.Halting.Result(_buffers.First.AsSpan(0, size), _buffers.Second);
        Normalize(weights.OutputNorm, x, x);
        for (var lane = 0; lane < _lanes; lane++)
        {
            for (var i = 0; i < block; i++)
            {
                var state = x.Slice(((lane * block) + i) * width, width);
                var target = logits.Slice(2 * ((lane * count) + first + i), 2);
                for (var bit = 0; bit < 2; bit++)
                {
                    var row = weights.Head.AsSpan(bit * width, width);
                    target[bit] = TensorPrimitives.Dot(state, row) + weights.HeadBias[bit];
                }
            }
        }
    }

    private static void Normalize(LayerNormWeights norm, ReadOnlySpan<float> x, Span<float> y) =>
        LayerNorm.Apply(x, residual: [], norm.Gamma, norm.Beta, LayerNormWeights.Epsilon, y);

    /// <summary>H of the weights w_i = e^(s_i) / Z: ln Z - sum_i w_i s_i, in bits.</summary>
    private static double EntropyOf(ReadOnlySpan<float> query, ReadOnlySpan<float> keys)
    {
        var scores = new float[keys.Length / query.Length];
        for (var key = 0; key < scores.Length; key++)
        {
            scores[key] =
                TensorPrimitives.Dot(query, keys.Slice(key * query.Length, query.Length)) / MathF.Sqrt(query.Length);
        }

        var weights = new float[scores.Length];
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Exp<float>(scores, weights);
        double total = TensorPrimitives.Sum<float>(weights);
        return Math.Max(0, (Math.Log(total) - (TensorPrimitives.Dot<float>(weights, scores) / total)) / Math.Log(2));
    }

    private int Check(ReadOnlySpan<byte> bits, int place, ReadOnlySpan<float> logits)
    {
        var (count, rest) = Math.DivRem(bits.Length, _lanes);
        if (rest != 0)
        {
            throw new ArgumentException(
                $"{bits.Length} bits found, expected as many for {_lanes} lanes.",
                nameof(bits)
            );
        }

        if (logits.Length != 2 * bits.Length)
        {
            throw new ArgumentException(
                $"room for {logits.Length} logits found, expected two for each of {bits.Length} bits.",
                nameof(logits)
            );
        }

        if (count > _config.MaxLength - Position)
        {
            throw new ArgumentException(
                $"{count} bits found at position {Position}, expected at most {_config.MaxLength - Position}: the "
                    + $"window has {_config.MaxLength}.",
                nameof(bits)
            );
        }

        ArgumentOutOfRangeException.ThrowIfNegative(place);
        var at = bits.IndexOfAnyExceptInRange((byte)0, (byte)1);
        return at < 0
            ? count
            : throw new ArgumentException($"{bits[at]} found at bit {at}, expected 0 or 1.", nameof(bits));
    }

    private sealed class Buffers(BitTransformerConfig config, int rows)
    {
        public float[] First { get; } = new float[rows * config.Width];

        /// <summary>The second stream of reversible layers.</summary>
        public float[] Second { get; } = config.IsReversible ? new float[rows * config.Width] : [];

        public float[] Normal { get; } = new float[rows * config.Width];

        public float[] QueryKeyValue { get; } = new float[rows * 3 * config.Width];

        public float[] Intermediate { get; } = new float[rows * config.FeedForwardSize];

        public float[] Projected { get; } = new float[rows * config.Width];

        public AdaptiveHalting Halting { get; } = new(config, rows);
    }
}
