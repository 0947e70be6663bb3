using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Bert;

/// <summary>
/// The run state of one worker: buffers that grow to the largest batch and are used again. Not thread-safe; it must not
/// outlive its encoder.
/// </summary>
public sealed class BertSession
{
    private readonly BertConfig _config;
    private readonly BertWeights _weights;
    private float[] _queryKeyValue = []; // [tokens, 3, heads, headDim]
    private float[] _attended = []; // [tokens, heads, headDim]
    private float[] _intermediate = []; // [tokens, intermediate]
    private float[] _projected = []; // [tokens, hidden]
    private float[] _states = []; // [tokens, hidden], where embeddings are projected

    internal BertSession(BertEncoder encoder)
    {
        _config = encoder.Config;
        _weights = encoder.Weights;
    }

    /// <summary>
    /// Encodes a batch of sequences, concatenated without padding. Positions restart in each sequence.
    /// </summary>
    /// <param name="tokens">The sequences, each with its [CLS] and [SEP].</param>
    /// <param name="lengths">The length of each sequence, 1 to <see cref="BertConfig.MaxPositions"/> tokens.</param>
    /// <param name="states">[tokens, hidden]: receives the last layer's hidden states.</param>
    /// <exception cref="ArgumentException">Lengths, tokens or the size of a buffer do not fit each other.</exception>
    public void Encode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> states)
    {
        CheckInput(tokens, lengths, states);
        Reserve(tokens.Length);
        Sum(tokens, lengths, states);
        foreach (var layer in _weights.Layers)
        {
            Attend(layer, lengths, states);
            FeedForward(layer, states);
        }
    }

    /// <summary>Encodes a batch as <see cref="Encode"/> does, into the embeddings of search.</summary>
    /// <param name="tokens">The sequences, each with its [CLS] and [SEP].</param>
    /// <param name="lengths">The length of each sequence, 1 to <see cref="BertConfig.MaxPositions"/> tokens.</param>
    /// <param name="embeddings">
    /// [tokens, <see cref="BertEncoder.EmbeddingSize"/>]: receives the last layer's hidden states, projected where the
    /// encoder's adapter has a projection.
    /// </param>
    /// <exception cref="ArgumentException">Lengths, tokens or the size of a buffer do not fit each other.</exception>
    public void Embed(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> embeddings)
    {
        if (_weights.Projection is not { } projection)
        {
            Encode(tokens, lengths, embeddings);
            return;
        }

        var size = tokens.Length * _config.HiddenSize;
        if (_states.Length < size)
        {
            _states = new float[size];
        }

        var states = _states.AsSpan(0, size);
        Encode(tokens, lengths, states);
        if (size > 0)
        {
            projection.Project(states, embeddings);
        }
    }

    /// <summary>states = norm(embeddings of tokens, positions and type).</summary>
    private void Sum(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> states)
    {
        var hidden = _config.HiddenSize;
        var token = 0;
        foreach (var length in lengths)
        {
            for (var position = 0; position < length; position++, token++)
            {
                _weights.Embed(tokens[token], position, states.Slice(token * hidden, hidden));
            }
        }

        Normalize(_weights.EmbeddingNorm, states, residual: [], states);
    }

    /// <summary>states = norm(states + attention(states)).</summary>
    private void Attend(BertLayer layer, ReadOnlySpan<int> lengths, Span<float> states)
    {
        var count = states.Length;
        var queryKeyValue = _queryKeyValue.AsSpan(0, 3 * count);
        var attended = _attended.AsSpan(0, count);
        var projected = _projected.AsSpan(0, count);

        layer.QueryKeyValue.Project(states, queryKeyValue);
        var start = 0;
        foreach (var length in lengths)
        {
            var size = length * _config.HiddenSize;
            Attend(queryKeyValue.Slice(3 * start, 3 * size), attended.Slice(start, size));
            start += size;
        }

        layer.AttentionOutput.Project(attended, projected);
        Normalize(layer.AttentionNorm, projected, states, states);
    }

    private void Attend(ReadOnlySpan<float> queryKeyValue, Span<float> attended)
    {
        if (_weights.Precision == Precision.Int8)
        {
            Int8BidirectionalAttention.Attend(queryKeyValue, _config.HeadCount, _config.HeadDim, attended);
        }
        else
        {
            BidirectionalAttention.Attend(queryKeyValue, _config.HeadCount, _config.HeadDim, attended);
        }
    }

    /// <summary>states = norm(states + W2 gelu(W1 states)).</summary>
    private void FeedForward(BertLayer layer, Span<float> states)
    {
        var intermediate = _intermediate.AsSpan(0, states.Length / _config.HiddenSize * _config.IntermediateSize);
        var projected = _projected.AsSpan(0, states.Length);

        layer.Intermediate.Project(states, intermediate, Activation.Gelu);
        layer.Output.Project(intermediate, projected);
        Normalize(layer.OutputNorm, projected, states, states);
    }

    private void Normalize(Norm norm, ReadOnlySpan<float> input, ReadOnlySpan<float> residual, Span<float> output) =>
        LayerNorm.Apply(input, residual, norm.Gamma, norm.Beta, _config.LayerNormEpsilon, output);

    private void Reserve(int tokens)
    {
        if (_projected.Length >= tokens * _config.HiddenSize)
        {
            return;
        }

        _queryKeyValue = new float[3 * tokens * _config.HiddenSize];
        _attended = new float[tokens * _config.HiddenSize];
        _intermediate = new float[tokens * _config.IntermediateSize];
        _projected = new float[tokens * _config.HiddenSize];
    }

    private void CheckInput(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, ReadOnlySpan<float> states)
    {
        var total = 0L;
        foreach (var length in lengths)
        {
            if (length < 1 || length > _config.MaxPositions)
            {
                throw new ArgumentException(
                    $"a sequence of {length} tokens found, expected 1 to {_config.MaxPositions}.",
                    nameof(lengths)
                );
            }

            total += length;
        }

        if (total != tokens.Length)
        {
            throw new ArgumentException($"{total} tokens found, expected {tokens.Length}.", nameof(lengths));
        }

        if (states.Length != total * _config.HiddenSize)
        {
            throw new ArgumentException(
                $"room for {states.Length} floats found, expected {total} x {_config.HiddenSize}.",
                nameof(states)
            );
        }

        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_config.VocabularySize)
            {
                throw new ArgumentException(
                    $"token {token} found, expected 0 to {_config.VocabularySize - 1}.",
                    nameof(tokens)
                );
            }
        }
    }
}
