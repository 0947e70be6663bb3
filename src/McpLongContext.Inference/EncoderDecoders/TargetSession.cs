using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Elementwise;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The decoder of an encoder-decoder with the state of one target: some hypotheses that grow by a token a step, as beam
/// search needs them. Keys and values of a token are kept once, whichever hypotheses it belongs to. Not thread-safe; it
/// must not outlive its model.
/// </summary>
public sealed class TargetSession : IDisposable
{
    private readonly EncoderDecoder _model;
    private readonly EncoderDecoderConfig _config;
    private readonly StackWeights _weights;
    private readonly ICrossAttention _crossAttention;
    private readonly ComputeThreadPool _threadPool;
    private readonly SublayerRunner _sublayers;
    private readonly float[][] _queryKeyValues; // by layer: [tokens, 3, heads, headDim]
    private List<int[]> _hypotheses = []; // the tokens of each, by number
    private int _tokens;
    private float[] _states = []; // [rows, hidden]
    private float[] _projected = []; // [rows, 3, heads, headDim]
    private float[] _attended = []; // [rows, heads, headDim]
    private float[] _logits = []; // [rows, vocabulary]

    internal TargetSession(EncoderDecoder model, ICrossAttention crossAttention, ComputeThreadPool threadPool)
    {
        ArgumentNullException.ThrowIfNull(crossAttention);
        _model = model;
        _config = model.Config;
        _weights = model.Weights.Decoder;
        _crossAttention = crossAttention;
        _threadPool = threadPool;
        _sublayers = new SublayerRunner(_config, threadPool);
        _queryKeyValues = [.. _weights.Layers.Select(_ => Array.Empty<float>())];
    }

    /// <summary>The model.</summary>
    public EncoderDecoder Model => _model;

    /// <summary>The hypotheses of the last step; each is the numbers of its tokens, first to last.</summary>
    public IReadOnlyList<int[]> Hypotheses => _hypotheses;

    /// <summary>Appends a token to hypotheses of the step before, and forgets the others.</summary>
    /// <param name="tokens">The token of each new hypothesis.</param>
    /// <param name="parents">
    /// The hypothesis that each continues, by its place in the step before; empty in the first step, where each begins.
    /// </param>
    /// <param name="logits">[hypotheses, vocabulary]: the scores of every token to come next.</param>
    /// <exception cref="ArgumentException">A token is none of the vocabulary, or a length does not fit.</exception>
    /// <exception cref="InvalidOperationException">A hypothesis would become longer than the model's
    /// positions.</exception>
    /// <exception cref="ModelException">A logit is not finite.</exception>
    public void Step(ReadOnlySpan<int> tokens, ReadOnlySpan<int> parents, Span<float> logits)
    {
        CheckInput(tokens, parents, logits);
        Continue(tokens.Length, parents);
        Reserve(tokens.Length);
        Embed(tokens);
        for (var layer = 0; layer < _weights.Layers.Length; layer++)
        {
            Attend(layer, tokens.Length);
            CrossAttend(layer, tokens.Length);
            _sublayers.FeedForward(_weights.Layers[layer].FeedForward, _states, tokens.Length);
        }

        _crossAttention.EndStep(_tokens - tokens.Length, tokens.Length);
        Output(tokens.Length, logits);
    }

    /// <inheritdoc />
    public void Dispose() => _threadPool.Dispose();

    private void Continue(int rows, ReadOnlySpan<int> parents)
    {
        var next = new List<int[]>(rows);
        for (var row = 0; row < rows; row++)
        {
            next.Add([.. parents.IsEmpty ? [] : _hypotheses[parents[row]], _tokens + row]);
        }

        _hypotheses = next;
        _tokens += rows;
    }

    private void Embed(ReadOnlySpan<int> tokens)
    {
        var hidden = _config.HiddenSize;
        for (var row = 0; row < tokens.Length; row++)
        {
            var state = _states.AsSpan(row * hidden, hidden);
            _model.Weights.Embed(tokens[row], state);
            InputEmbedding.Finish(_config, _weights, _hypotheses[row].Length - 1, state);
        }

        if (_weights.EmbeddingNorm is { } norm)
        {
            _sublayers.Normalize(norm, _states, residual: [], tokens.Length, _states);
        }
    }

    private void Attend(int layer, int rows)
    {
        var attention = _weights.Layers[layer].SelfAttention;
        _sublayers.Enter(attention.Norm, _states, rows, (attention.Query, _projected));
        var size = rows * 3 * _config.Decoder.InnerSize;
        var first = (_tokens - rows) * 3 * _config.Decoder.InnerSize;
        if (_queryKeyValues[layer].Length < first + size)
        {
            Array.Resize(ref _queryKeyValues[layer], Math.Max(first + size, 2 * _queryKeyValues[layer].Length));
        }

        _projected.AsSpan(0, size).CopyTo(_queryKeyValues[layer].AsSpan(first));
        var heads = _config.Decoder.HeadCount;
        _threadPool.Run(rows * heads, part => Attend(layer, part / heads, part % heads));
        _sublayers.Leave(attention.Norm, attention.Output, _attended, _states, rows);
    }

    /// <summary>One head of one hypothesis: its last token sees all of its tokens.</summary>
    private void Attend(int layer, int row, int head)
    {
        var (heads, width) = (_config.Decoder.HeadCount, _config.Decoder.HeadDim);
        var tokens = _hypotheses[row];
        var scale = _config.AttentionScale ?? 1 / MathF.Sqrt(width);
        var weights = new float[tokens.Length];
        var query = Part(tokens[^1], 0);
        for (var i = 0; i < tokens.Length; i++)
        {
            weights[i] =
                (scale * TensorPrimitives.Dot(query, Part(tokens[i], 1))) + Bias(i - (tokens.Length - 1), head);
        }

        Softmax.Apply(weights, weights.Length);
        var sum = _attended.AsSpan(((row * heads) + head) * width, width);
        sum.Clear();
        for (var i = 0; i < tokens.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(Part(tokens[i], 2), weights[i], sum, sum);
        }

        ReadOnlySpan<float> Part(int token, int part) =>
            _queryKeyValues[layer].AsSpan(((((token * 3) + part) * heads) + head) * width, width);
    }

    private float Bias(int distance, int head) =>
        _config.RelativePositions is { } relative
            ? _weights.Positions[
                (relative.BucketOf(distance, isBidirectional: false) * _config.Decoder.HeadCount) + head
            ]
            : 0;

    private void CrossAttend(int layer, int rows)
    {
        var attention = _weights.Layers[layer].CrossAttention!;
        _sublayers.Enter(attention.Norm, _states, rows, (attention.Query, _projected));
        var size = rows * _config.Decoder.InnerSize;
        _crossAttention.Attend(layer, rows, _projected.AsMemory(0, size), _attended.AsMemory(0, size), _threadPool);
        _sublayers.Leave(attention.Norm, attention.Output, _attended, _states, rows);
    }

    private void Output(int rows, Span<float> logits)
    {
        if (_weights.OutputNorm is { } norm)
        {
            _sublayers.Normalize(norm, _states, residual: [], rows, _states);
        }

        if (_config.OutputScale != 1)
        {
            var states = _states.AsSpan(0, rows * _config.HiddenSize);
            TensorPrimitives.Multiply(states, _config.OutputScale, states);
        }

        _sublayers.Project(_states, rows, (_model.Weights.Output, _logits));
        _logits.AsSpan(0, logits.Length).CopyTo(logits);
        if (!TensorPrimitives.IsFiniteAll<float>(logits))
        {
            throw new ModelException(
                $"The model computes logits that are not finite within the first {_hypotheses[0].Length} tokens of a text: "
                    + "its weights are damaged, or its configuration is that of another model. Install it again, or use "
                    + "another model."
            );
        }
    }

    private void Reserve(int rows)
    {
        SublayerRunner.Reserve(ref _states, rows * _config.HiddenSize);
        SublayerRunner.Reserve(ref _projected, rows * 3 * _config.Decoder.InnerSize);
        SublayerRunner.Reserve(ref _attended, rows * _config.Decoder.InnerSize);
        SublayerRunner.Reserve(ref _logits, rows * _config.VocabularySize);
    }

    private void CheckInput(ReadOnlySpan<int> tokens, ReadOnlySpan<int> parents, ReadOnlySpan<float> logits)
    {
        if (parents.Length != (_hypotheses.Count == 0 ? 0 : tokens.Length))
        {
            throw new ArgumentException(
                $"{parents.Length} parents of {tokens.Length} tokens found, expected one each, and none in the first step.",
                nameof(parents)
            );
        }

        if (tokens.IsEmpty || logits.Length != (long)tokens.Length * _config.VocabularySize)
        {
            throw new ArgumentException(
                $"room for {logits.Length} floats found, expected {_config.VocabularySize} for each of {tokens.Length} tokens.",
                nameof(logits)
            );
        }

        foreach (var parent in parents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(parent, nameof(parents));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parent, _hypotheses.Count, nameof(parents));
        }

        InputEmbedding.RequireTokens(_config, tokens);
        if (_hypotheses.Count > 0 && _hypotheses[0].Length >= _config.MaxPositions)
        {
            throw new InvalidOperationException(
                $"A target of {_hypotheses[0].Length} tokens has no position for another one; expected at most "
                    + $"{_config.MaxPositions}."
            );
        }
    }
}
