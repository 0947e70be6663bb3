using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Elementwise;

namespace McpLongContext.Inference.Decoders;

/// <summary>
/// The state of one sequence: what attention keeps of it, and buffers. Not thread-safe; it must not outlive its model.
/// </summary>
public sealed class DecoderSession : IDisposable
{
    /// <summary>
    /// Tokens that go through the layers together: enough to use each weight often, few enough for the caches.
    /// </summary>
    private const int BlockTokens = 512;

    private readonly DecoderConfig _config;
    private readonly DecoderWeights _weights;
    private readonly IAttention _attention;
    private readonly ComputeThreadPool _threadPool;
    private readonly Operand _operand = new();
    private float[] _states = []; // [tokens, hidden]
    private float[] _normal = []; // [tokens, hidden]
    private float[] _queries = []; // [tokens, heads, headDim]
    private float[] _keys = []; // [tokens, key/value heads, headDim]
    private float[] _values = []; // [tokens, key/value heads, headDim]
    private float[] _attended = []; // [tokens, heads, headDim]
    private float[] _gate = []; // [tokens, intermediate]
    private float[] _up = []; // [tokens, intermediate]
    private float[] _logits = []; // [tokens, vocabulary]

    internal DecoderSession(Decoder model, IAttention attention, int threads, int? lastLayer = null)
    {
        ArgumentNullException.ThrowIfNull(attention);
        if (lastLayer is { } last)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(last, nameof(lastLayer));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(last, model.Config.LayerCount, nameof(lastLayer));
        }

        LastLayer = lastLayer;
        Model = model;
        _config = model.Config;
        _weights = model.Weights;
        _attention = attention;
        _threadPool = new ComputeThreadPool(threads);
    }

    /// <summary>The model.</summary>
    public Decoder Model { get; }

    /// <summary>
    /// The layer at which the sequence ends: attention is given its queries, keys and values, and nothing is computed
    /// after them, so that there are no states. Null: all layers.
    /// </summary>
    public int? LastLayer { get; }

    /// <summary>Tokens of the sequence so far.</summary>
    public int Position { get; private set; }

    /// <summary>The longest sequence.</summary>
    public int MaxTokens => _attention.MaxTokens;

    /// <summary>Appends tokens to the sequence.</summary>
    /// <param name="tokens">Any number.</param>
    /// <param name="states">
    /// [n, hidden]: receives the states of the last n tokens after the last layer, normalized, as <see cref="Logits"/>
    /// takes them; n from 0 to all, and 0 where the sequence ends at a layer.
    /// </param>
    /// <param name="cancellation">Asked between blocks; the sequence then ends after the last whole block.</param>
    /// <exception cref="ArgumentException">A token is none of the vocabulary, or a length does not fit.</exception>
    /// <exception cref="InvalidOperationException">The sequence would become longer than
    /// <see cref="MaxTokens"/>.</exception>
    public void Forward(ReadOnlySpan<int> tokens, Span<float> states, CancellationToken cancellation = default)
    {
        CheckInput(tokens, states);
        var wanted = states.Length / _config.HiddenSize;
        while (!tokens.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = tokens[..Math.Min(BlockTokens, tokens.Length)];
            ForwardBlock(block);
            tokens = tokens[block.Length..];
            // Of this block, those among the last `wanted` of all.
            var count = Math.Min(block.Length, wanted - tokens.Length);
            if (count > 0)
            {
                var size = count * _config.HiddenSize;
                var last = _states.AsSpan((block.Length * _config.HiddenSize) - size, size);
                RmsNorm.Apply(last, _weights.OutputNorm, _config.RmsNormEpsilon, states[..size]);
                states = states[size..];
                wanted -= count;
            }
        }
    }

    /// <summary>The scores of every token of the vocabulary to come next.</summary>
    /// <param name="states">[n, hidden] from <see cref="Forward"/>.</param>
    /// <param name="logits">[n, vocabulary].</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    /// <exception cref="ModelException">A logit is not finite.</exception>
    public void Logits(ReadOnlySpan<float> states, Span<float> logits)
    {
        var (count, rest) = Math.DivRem(states.Length, _config.HiddenSize);
        if (rest != 0 || logits.Length != (long)count * _config.VocabularySize)
        {
            throw new ArgumentException(
                $"room for {logits.Length} floats found, expected {_config.VocabularySize} for each {_config.HiddenSize} "
                    + $"of {states.Length}.",
                nameof(logits)
            );
        }

        while (!states.IsEmpty)
        {
            var rows = Math.Min(BlockTokens, states.Length / _config.HiddenSize);
            Reserve(ref _normal, rows * _config.HiddenSize);
            Reserve(ref _logits, rows * _config.VocabularySize);
            states[..(rows * _config.HiddenSize)].CopyTo(_normal);
            Project(_normal, rows, (_weights.Output, _logits));
            var part = logits[..(rows * _config.VocabularySize)];
            _logits.AsSpan(0, part.Length).CopyTo(part);
            if (_config.LogitDivisor != 1)
            {
                TensorPrimitives.Divide(part, _config.LogitDivisor, part);
            }

            RequireFinite(part);
            logits = logits[part.Length..];
            states = states[(rows * _config.HiddenSize)..];
        }
    }

    /// <summary>Forgets the tokens from a position on.</summary>
    /// <param name="position">0 to <see cref="Position"/>.</param>
    public void Truncate(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Position);
        _attention.Truncate(position);
        Position = position;
    }

    /// <inheritdoc />
    public void Dispose() => _threadPool.Dispose();

    private void ForwardBlock(ReadOnlySpan<int> tokens)
    {
        ReserveAll(tokens.Length);
        Embed(tokens);
        for (var layer = 0; layer < (LastLayer ?? _weights.Layers.Length); layer++)
        {
            Attend(layer, tokens.Length);
            AddAttended(_weights.Layers[layer], tokens.Length);
            FeedForward(_weights.Layers[layer], tokens.Length);
        }

        if (LastLayer is { } last)
        {
            Attend(last, tokens.Length);
        }

        Position += tokens.Length;
    }

    private void Embed(ReadOnlySpan<int> tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            _weights.Embed(tokens[i], _states.AsSpan(i * _config.HiddenSize, _config.HiddenSize));
        }

        if (_config.EmbeddingScale != 1)
        {
            var states = _states.AsSpan(0, tokens.Length * _config.HiddenSize);
            TensorPrimitives.Multiply(states, _config.EmbeddingScale, states);
        }
    }

    /// <summary>attended = attention(W_qkv norm(states)).</summary>
    private void Attend(int index, int tokens)
    {
        var layer = _weights.Layers[index];
        Normalize(layer.AttentionNorm, tokens);
        Project(_normal, tokens, (layer.Query, _queries), (layer.Key, _keys), (layer.Value, _values));
        PrepareHeads(layer, tokens);
        _attention.Attend(
            new AttentionBlock(
                index,
                Position,
                _queries.AsMemory(0, tokens * _config.QuerySize),
                _keys.AsMemory(0, tokens * _config.KeyValueSize),
                _values.AsMemory(0, tokens * _config.KeyValueSize),
                _attended.AsMemory(0, tokens * _config.QuerySize)
            ),
            _threadPool
        );
    }

    /// <summary>states += residual scale * W_o attended.</summary>
    private void AddAttended(DecoderLayer layer, int tokens)
    {
        Project(_attended, tokens, (layer.AttentionOutput, _normal));
        AddBias(_normal, layer.AttentionOutputBias, tokens);
        AddToEmbeddings(tokens);
    }

    /// <summary>
    /// states += residual scale * W_down (silu(W_gate h) * W_up h), h = norm(states), each W with its bias.
    /// </summary>
    private void FeedForward(DecoderLayer layer, int tokens)
    {
        Normalize(layer.FeedForwardNorm, tokens);
        Project(_normal, tokens, (layer.Gate, _gate), (layer.Up, _up));
        AddBias(_gate, layer.GateBias, tokens);
        AddBias(_up, layer.UpBias, tokens);
        var width = _config.IntermediateSize;
        _threadPool.RunRows(
            tokens,
            (first, count) =>
                SwiGlu.Apply(_gate.AsSpan(first * width, count * width), _up.AsSpan(first * width, count * width))
        );
        Project(_gate, tokens, (layer.Down, _normal));
        AddBias(_normal, layer.DownBias, tokens);
        AddToEmbeddings(tokens);
    }

    /// <summary>Biases, and the norms of queries and keys.</summary>
    private void PrepareHeads(DecoderLayer layer, int tokens)
    {
        AddBias(_queries, layer.QueryBias, tokens);
        AddBias(_keys, layer.KeyBias, tokens);
        AddBias(_values, layer.ValueBias, tokens);
        if (!_config.HasQueryKeyNorm)
        {
            return;
        }

        var queries = _queries.AsSpan(0, tokens * _config.QuerySize);
        RmsNorm.Apply(queries, layer.QueryNorm, _config.RmsNormEpsilon, queries);
        var keys = _keys.AsSpan(0, tokens * _config.KeyValueSize);
        RmsNorm.Apply(keys, layer.KeyNorm, _config.RmsNormEpsilon, keys);
    }

    private void Normalize(float[] gamma, int tokens)
    {
        var width = _config.HiddenSize;
        _threadPool.RunRows(
            tokens,
            (first, count) =>
                RmsNorm.Apply(
                    _states.AsSpan(first * width, count * width),
                    gamma,
                    _config.RmsNormEpsilon,
                    _normal.AsSpan(first * width, count * width)
                )
        );
    }

    private void AddToEmbeddings(int tokens)
    {
        var width = _config.HiddenSize;
        _threadPool.RunRows(
            tokens,
            (first, count) =>
            {
                var states = _states.AsSpan(first * width, count * width);
                var added = _normal.AsSpan(first * width, count * width);
                TensorPrimitives.MultiplyAdd(added, _config.ResidualScale, states, states);
            }
        );
    }

    private static void AddBias(float[] rows, float[] bias, int tokens)
    {
        if (bias.Length == 0)
        {
            return;
        }

        for (var token = 0; token < tokens; token++)
        {
            var row = rows.AsSpan(token * bias.Length, bias.Length);
            TensorPrimitives.Add(row, bias, row);
        }
    }

    private void Project(float[] x, int rows, params (IWeightMatrix Weights, float[] Y)[] layers)
    {
        _operand.Set(x, rows, layers[0].Weights.Inputs, layers[0].Weights.IsQuantized, _threadPool);
        _threadPool.Project(_operand, layers);
    }

    private void ReserveAll(int tokens)
    {
        Reserve(ref _states, tokens * _config.HiddenSize);
        Reserve(ref _normal, tokens * _config.HiddenSize);
        Reserve(ref _queries, tokens * _config.QuerySize);
        Reserve(ref _keys, tokens * _config.KeyValueSize);
        Reserve(ref _values, tokens * _config.KeyValueSize);
        Reserve(ref _attended, tokens * _config.QuerySize);
        Reserve(ref _gate, tokens * _config.IntermediateSize);
        Reserve(ref _up, tokens * _config.IntermediateSize);
    }

    private static void Reserve(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new float[length];
        }
    }

    /// <summary>Weights are finite; what they compute may yet be beyond the range of fp32.</summary>
    private void RequireFinite(ReadOnlySpan<float> logits)
    {
        if (!TensorPrimitives.IsFiniteAll(logits))
        {
            throw new ModelException(
                $"The model computes logits that are not finite within its first {Position} tokens: its weights are "
                    + "damaged, or its configuration is that of another model. Install it again, or use another model."
            );
        }
    }

    private void CheckInput(ReadOnlySpan<int> tokens, ReadOnlySpan<float> states)
    {
        if (LastLayer is not null && !states.IsEmpty)
        {
            throw new ArgumentException(
                $"room for {states.Length} floats found, expected none: the sequence ends at layer {LastLayer}.",
                nameof(states)
            );
        }

        if (states.Length % _config.HiddenSize != 0 || states.Length / _config.HiddenSize > tokens.Length)
        {
            throw new ArgumentException(
                $"room for {states.Length} floats found, expected {_config.HiddenSize} for each of 0 to {tokens.Length} "
                    + "tokens.",
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

        if (tokens.Length > MaxTokens - Position)
        {
            throw new InvalidOperationException(
                $"{Position} tokens and {tokens.Length} more are longer than the window of {MaxTokens}. "
                    + "Truncate the sequence, shorten the input, or extend the window."
            );
        }
    }
}
