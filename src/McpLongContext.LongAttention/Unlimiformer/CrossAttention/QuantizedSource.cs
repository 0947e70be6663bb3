using System.Numerics.Tensors;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Search;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// States in 8 bits a dimension about their mean, of this call or where they lie in a datastore. They are searched by
/// products in integers, with queries in 8 bits, too; the best are compared again with queries in fp32.
/// </summary>
public sealed class QuantizedSource : IEncodedSource
{
    private const int BlockTokens = 4096;

    private readonly IReadOnlyList<IKeyBlock> _keys;
    private readonly SourceMean _mean;
    private readonly int[] _starts; // [blocks of keys + 1]
    private readonly Int8PackedMatrix[] _blocks;

    /// <summary>Packs states for the search.</summary>
    /// <param name="keys">Consecutive parts of the source less the mean, of one plane; they stay in use.</param>
    /// <param name="mean">The mean.</param>
    /// <param name="threadPool">Packs.</param>
    /// <exception cref="ArgumentException">There is no token.</exception>
    public QuantizedSource(IReadOnlyList<IKeyBlock> keys, SourceMean mean, ComputeThreadPool threadPool)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(threadPool);
        ArgumentNullException.ThrowIfNull(mean);
        _keys = [.. keys.Where(block => block.Tokens > 0)];
        if (_keys.Count == 0)
        {
            throw new ArgumentException("nothing found, expected one token at least.", nameof(keys));
        }

        _mean = mean;
        _starts = new int[_keys.Count + 1];
        for (var i = 0; i < _keys.Count; i++)
        {
            _starts[i + 1] = checked(_starts[i] + _keys[i].Tokens);
        }

        Blocks = (Tokens + BlockTokens - 1) / BlockTokens;
        _blocks = new Int8PackedMatrix[Blocks];
        threadPool.Run(
            Blocks,
            block =>
            {
                var (first, count) = RangeOf(block);
                var states = new float[count * Dimensions];
                ReadResiduals(first, states);
                // A vector's largest code is 127, so that it is quantized to the same codes again.
                _blocks[block] = Int8PackedMatrix.Pack(states, count, Dimensions);
            }
        );
    }

    /// <inheritdoc />
    public int Tokens => _starts[^1];

    /// <inheritdoc />
    public int Dimensions => _mean.Dimensions;

    /// <inheritdoc />
    public long IndexBytes => (long)Tokens * (Dimensions + sizeof(float));

    /// <inheritdoc />
    public int Blocks { get; }

    /// <inheritdoc />
    public bool IsApproximate => true;

    /// <inheritdoc />
    public (int First, int Count) RangeOf(int block) =>
        (block * BlockTokens, Math.Min(BlockTokens, Tokens - (block * BlockTokens)));

    /// <inheritdoc />
    /// <remarks>Less the query's product with the mean, which all tokens have in common.</remarks>
    public void Score(int block, ReadOnlySpan<float> queries, Span<float> scores) =>
        Int8MatrixProduct.Multiply(queries, _blocks[block], bias: [], scores);

    /// <inheritdoc />
    public void Dot(ReadOnlySpan<int> tokens, ReadOnlySpan<float> query, Span<float> products)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            var (keys, place) = Find(tokens[i]);
            Int8Vectors.Dot(keys.Codes(0, place, 1), keys.Scales(0, place, 1), query, Dimensions, products.Slice(i, 1));
        }

        TensorPrimitives.Add(products[..tokens.Length], TensorPrimitives.Dot(query, _mean.Values.Span), products);
    }

    /// <inheritdoc />
    public void Sum(ReadOnlySpan<int> tokens, ReadOnlySpan<float> weights, Span<float> sum)
    {
        sum.Clear();
        for (var i = 0; i < tokens.Length; i++)
        {
            var (keys, place) = Find(tokens[i]);
            Int8Vectors.Add(keys.Codes(0, place, 1), weights[i] * keys.Scales(0, place, 1)[0], sum);
        }

        TensorPrimitives.MultiplyAdd(_mean.Values.Span, TensorPrimitives.Sum(weights[..tokens.Length]), sum, sum);
    }

    /// <inheritdoc />
    public void Read(int first, Span<float> states)
    {
        ReadResiduals(first, states);
        _mean.Add(states);
    }

    /// <summary>States less the mean.</summary>
    private void ReadResiduals(int first, Span<float> states)
    {
        while (!states.IsEmpty)
        {
            var (keys, place) = Find(first);
            var count = Math.Min(keys.Tokens - place, states.Length / Dimensions);
            var scales = keys.Scales(0, place, count);
            var codes = keys.Codes(0, place, count);
            for (var token = 0; token < count; token++)
            {
                var state = states.Slice(token * Dimensions, Dimensions);
                TensorPrimitives.ConvertTruncating(codes.Slice(token * Dimensions, Dimensions), state);
                TensorPrimitives.Multiply(state, scales[token], state);
            }

            states = states[(count * Dimensions)..];
            first += count;
        }
    }

    private (IKeyBlock Keys, int Place) Find(int token)
    {
        var found = Array.BinarySearch(_starts, token);
        found = found >= 0 ? found : ~found - 1;
        return (_keys[found], token - _starts[found]);
    }
}
