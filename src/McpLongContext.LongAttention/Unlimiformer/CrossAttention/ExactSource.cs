using System.Numerics.Tensors;
using McpLongContext.Kernels.Products;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>States in fp32, as the encoder computed them.</summary>
public sealed class ExactSource : IEncodedSource
{
    private const int BlockTokens = 2048;

    private readonly float[] _states; // [tokens, dimensions]
    private readonly PackedMatrix[] _blocks;

    /// <summary>Takes over states.</summary>
    /// <param name="states">[tokens, dimensions], 1 token or more.</param>
    /// <param name="dimensions">Width of a state.</param>
    /// <exception cref="ArgumentException">The length is no whole number of states.</exception>
    public ExactSource(float[] states, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        if (states.Length == 0 || states.Length % dimensions != 0)
        {
            throw new ArgumentException(
                $"{states.Length} floats found, expected {dimensions} for each of 1 token or more.",
                nameof(states)
            );
        }

        (_states, Dimensions) = (states, dimensions);
        Blocks = (Tokens + BlockTokens - 1) / BlockTokens;
        _blocks = new PackedMatrix[Blocks];
        for (var block = 0; block < Blocks; block++)
        {
            var (first, count) = RangeOf(block);
            _blocks[block] = PackedMatrix.Pack(StatesOf(first, count), count, dimensions);
        }
    }

    /// <inheritdoc />
    public int Tokens => _states.Length / Dimensions;

    /// <inheritdoc />
    public int Dimensions { get; }

    /// <inheritdoc />
    public long IndexBytes => (long)_states.Length * sizeof(float);

    /// <inheritdoc />
    public int Blocks { get; }

    /// <inheritdoc />
    public bool IsApproximate => false;

    /// <inheritdoc />
    public (int First, int Count) RangeOf(int block) =>
        (block * BlockTokens, Math.Min(BlockTokens, Tokens - (block * BlockTokens)));

    /// <inheritdoc />
    public void Score(int block, ReadOnlySpan<float> queries, Span<float> scores) =>
        MatrixProduct.Multiply(queries, _blocks[block], bias: [], scores);

    /// <inheritdoc />
    public void Dot(ReadOnlySpan<int> tokens, ReadOnlySpan<float> query, Span<float> products)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            products[i] = TensorPrimitives.Dot(query, StatesOf(tokens[i], 1));
        }
    }

    /// <inheritdoc />
    public void Sum(ReadOnlySpan<int> tokens, ReadOnlySpan<float> weights, Span<float> sum)
    {
        sum.Clear();
        for (var i = 0; i < tokens.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(StatesOf(tokens[i], 1), weights[i], sum, sum);
        }
    }

    /// <inheritdoc />
    public void Read(int first, Span<float> states) => StatesOf(first, states.Length / Dimensions).CopyTo(states);

    private ReadOnlySpan<float> StatesOf(int first, int count) =>
        _states.AsSpan(first * Dimensions, count * Dimensions);
}
