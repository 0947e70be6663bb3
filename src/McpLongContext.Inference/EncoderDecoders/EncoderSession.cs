using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The encoder of an encoder-decoder: turns a source that fits a window into states. Buffers grow to the longest one and
/// are used again. Not thread-safe; it must not outlive its model.
/// </summary>
public sealed class EncoderSession : IDisposable
{
    private readonly EncoderDecoder _model;
    private readonly EncoderDecoderConfig _config;
    private readonly StackWeights _weights;
    private readonly ComputeThreadPool _threadPool;
    private readonly SublayerRunner _sublayers;
    private float[] _states = []; // [tokens, hidden]
    private float[] _queryKeyValue = []; // [tokens, 3, heads, headDim]
    private float[] _attended = []; // [tokens, heads, headDim]
    private float[] _bias = []; // [heads, 2 tokens - 1]
    private int _biasTokens;

    internal EncoderSession(EncoderDecoder model, int threads)
    {
        _model = model;
        _config = model.Config;
        _weights = model.Weights.Encoder;
        _threadPool = new ComputeThreadPool(threads);
        _sublayers = new SublayerRunner(_config, _threadPool);
    }

    /// <summary>Encodes a source.</summary>
    /// <param name="tokens">
    /// 1 to <see cref="EncoderDecoderConfig.MaxPositions"/> tokens, the begin and end of a source included.
    /// </param>
    /// <param name="states">[tokens, hidden]: receives the last states.</param>
    /// <exception cref="ArgumentException">A token is none of the vocabulary, or a length does not fit.</exception>
    /// <exception cref="ModelException">A state is not finite.</exception>
    public void Encode(ReadOnlySpan<int> tokens, Span<float> states)
    {
        CheckInput(tokens, states);
        var count = tokens.Length;
        Reserve(count);
        Embed(tokens);
        foreach (var layer in _weights.Layers)
        {
            Attend(layer.SelfAttention, count);
            _sublayers.FeedForward(layer.FeedForward, _states, count);
        }

        if (_weights.OutputNorm is { } norm)
        {
            _sublayers.Normalize(norm, _states, residual: [], count, _states);
        }

        _states.AsSpan(0, states.Length).CopyTo(states);
        if (!TensorPrimitives.IsFiniteAll<float>(states))
        {
            throw new ModelException(
                "The model computes encoder states that are not finite: its weights are damaged, or its configuration is "
                    + "that of another model. Install it again, or use another model."
            );
        }
    }

    /// <inheritdoc />
    public void Dispose() => _threadPool.Dispose();

    private void Embed(ReadOnlySpan<int> tokens)
    {
        var hidden = _config.HiddenSize;
        for (var i = 0; i < tokens.Length; i++)
        {
            var state = _states.AsSpan(i * hidden, hidden);
            _model.Weights.Embed(tokens[i], state);
            InputEmbedding.Finish(_config, _weights, i, state);
        }

        if (_weights.EmbeddingNorm is { } norm)
        {
            _sublayers.Normalize(norm, _states, residual: [], tokens.Length, _states);
        }
    }

    private void Attend(AttentionWeights attention, int tokens)
    {
        var (heads, headDim) = (_config.Encoder.HeadCount, _config.Encoder.HeadDim);
        _sublayers.Enter(attention.Norm, _states, tokens, (attention.Query, _queryKeyValue));
        var scale = _config.AttentionScale ?? 1 / MathF.Sqrt(headDim);
        var bias = Bias(tokens);
        _threadPool.Run(
            heads,
            head =>
                BidirectionalAttention.AttendHead(
                    _queryKeyValue.AsSpan(0, 3 * tokens * heads * headDim),
                    heads,
                    headDim,
                    head,
                    scale,
                    bias.Length == 0 ? default : bias.AsSpan(head * ((2 * tokens) - 1), (2 * tokens) - 1),
                    _attended.AsSpan(0, tokens * heads * headDim)
                )
        );
        _sublayers.Leave(attention.Norm, attention.Output, _attended, _states, tokens);
    }

    /// <summary>The bias of every distance in every head, [heads, 2 tokens - 1]; empty for learned positions.</summary>
    private float[] Bias(int tokens)
    {
        if (_config.RelativePositions is not { } relative || _biasTokens == tokens)
        {
            return _bias;
        }

        var heads = _config.Encoder.HeadCount;
        var distances = (2 * tokens) - 1;
        _bias = new float[heads * distances];
        for (var i = 0; i < distances; i++)
        {
            var bucket = relative.BucketOf(i - (tokens - 1), isBidirectional: true);
            for (var head = 0; head < heads; head++)
            {
                _bias[(head * distances) + i] = _weights.Positions[(bucket * heads) + head];
            }
        }

        _biasTokens = tokens;
        return _bias;
    }

    private void Reserve(int tokens)
    {
        SublayerRunner.Reserve(ref _states, tokens * _config.HiddenSize);
        SublayerRunner.Reserve(ref _queryKeyValue, 3 * tokens * _config.Encoder.InnerSize);
        SublayerRunner.Reserve(ref _attended, tokens * _config.Encoder.InnerSize);
    }

    private void CheckInput(ReadOnlySpan<int> tokens, ReadOnlySpan<float> states)
    {
        if (tokens.IsEmpty || tokens.Length > _config.MaxPositions)
        {
            throw new ArgumentException(
                $"{tokens.Length} tokens found, expected 1 to {_config.MaxPositions}.",
                nameof(tokens)
            );
        }

        if (states.Length != tokens.Length * _config.HiddenSize)
        {
            throw new ArgumentException(
                $"room for {states.Length} floats found, expected {_config.HiddenSize} for each of {tokens.Length} tokens.",
                nameof(states)
            );
        }

        InputEmbedding.RequireTokens(_config, tokens);
    }
}
