using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Elementwise;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The cross-attention that the model was trained with: every target token sees every source token. Keys and values of
/// all layers are computed once.
/// </summary>
public sealed class CachedCrossAttention : ICrossAttention
{
    private readonly StackConfig _stack;
    private readonly float _scale;
    private readonly int _tokens;
    private readonly float[][] _keyValues; // by layer: [2, heads, tokens, headDim]
    private float[] _weights = []; // [rows, heads, tokens]

    /// <summary>Computes keys and values.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">[tokens, hidden], the encoder's states.</param>
    /// <param name="threadPool">Computes.</param>
    /// <param name="layers">The first layers that are attended with it; null: all.</param>
    /// <exception cref="ArgumentException">There is no token, or no whole number of them.</exception>
    public CachedCrossAttention(
        EncoderDecoder model,
        ReadOnlySpan<float> source,
        ComputeThreadPool threadPool,
        int? layers = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(threadPool);
        var config = model.Config;
        var (tokens, rest) = Math.DivRem(source.Length, config.HiddenSize);
        if (rest != 0 || tokens == 0)
        {
            throw new ArgumentException(
                $"{source.Length} floats found, expected {config.HiddenSize} for each of 1 token or more.",
                nameof(source)
            );
        }

        _stack = config.Decoder;
        _scale = config.AttentionScale ?? 1 / MathF.Sqrt(_stack.HeadDim);
        _tokens = tokens;
        var sublayers = new SublayerRunner(config, threadPool);
        var states = source.ToArray();
        var projected = new float[2 * tokens * _stack.InnerSize];
        _keyValues =
        [
            .. model
                .Weights.Decoder.Layers.Take(layers ?? int.MaxValue)
                .Select(layer =>
                {
                    sublayers.Project(states, tokens, (layer.CrossAttention!.KeyValue!, projected));
                    return ByHead(projected, threadPool);
                }),
        ];
    }

    /// <summary>Records what is attended to; null: nothing.</summary>
    public AttendedSource? Attended { get; init; }

    /// <inheritdoc />
    public void Attend(
        int layer,
        int rows,
        ReadOnlyMemory<float> queries,
        Memory<float> attended,
        ComputeThreadPool threadPool
    )
    {
        ArgumentNullException.ThrowIfNull(threadPool);
        SublayerRunner.Reserve(ref _weights, rows * _stack.HeadCount * _tokens);
        threadPool.Run(
            rows * _stack.HeadCount,
            part =>
            {
                var head = part % _stack.HeadCount;
                var at = part * _stack.HeadDim;
                Attend(
                    queries.Span.Slice(at, _stack.HeadDim),
                    Half(layer, 0, head),
                    Half(layer, 1, head),
                    _weights.AsSpan(part * _tokens, _tokens),
                    attended.Span.Slice(at, _stack.HeadDim)
                );
            }
        );
        if (Attended is { } record)
        {
            for (var part = 0; part < rows * _stack.HeadCount; part++)
            {
                record.Add(part / _stack.HeadCount, 0, _weights.AsSpan(part * _tokens, _tokens));
            }
        }
    }

    /// <inheritdoc />
    public void EndStep(int firstRow, int rows) => Attended?.EndStep(firstRow, rows);

    private void Attend(
        ReadOnlySpan<float> query,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values,
        Span<float> weights,
        Span<float> sum
    )
    {
        var width = _stack.HeadDim;
        for (var token = 0; token < _tokens; token++)
        {
            weights[token] = _scale * TensorPrimitives.Dot(query, keys.Slice(token * width, width));
        }

        Softmax.Apply(weights, _tokens);
        sum.Clear();
        for (var token = 0; token < _tokens; token++)
        {
            TensorPrimitives.MultiplyAdd(values.Slice(token * width, width), weights[token], sum, sum);
        }
    }

    /// <summary>The keys (0) or values (1) of a head, [tokens, headDim].</summary>
    private ReadOnlySpan<float> Half(int layer, int half, int head)
    {
        var size = _tokens * _stack.HeadDim;
        return _keyValues[layer].AsSpan(((half * _stack.HeadCount) + head) * size, size);
    }

    /// <summary>[tokens, 2, heads, headDim] to [2, heads, tokens, headDim].</summary>
    private float[] ByHead(float[] projected, ComputeThreadPool threadPool)
    {
        var result = new float[projected.Length];
        var (heads, width) = (2 * _stack.HeadCount, _stack.HeadDim);
        // A head after the other: writing to all at once, a power of two apart, would hit the same cache lines.
        threadPool.Run(
            heads,
            head =>
            {
                var target = result.AsSpan(head * _tokens * width, _tokens * width);
                for (var token = 0; token < _tokens; token++)
                {
                    projected
                        .AsSpan(((token * heads) + head) * width, width)
                        .CopyTo(target.Slice(token * width, width));
                }
            }
        );
        return result;
    }
}
