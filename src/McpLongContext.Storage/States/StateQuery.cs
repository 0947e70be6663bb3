using McpLongContext.Kernels;

namespace McpLongContext.Storage.States;

/// <summary>The token states of a question and how much each counts.</summary>
public sealed class StateQuery
{
    private readonly float[] _tokens;
    private readonly float[] _weights;
    private readonly Lazy<PackedMatrix> _packed;

    /// <summary>Takes states <c>[tokens, dimensions]</c> and weights <c>[tokens]</c>.</summary>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public StateQuery(ReadOnlySpan<float> tokens, ReadOnlySpan<float> weights)
    {
        if (weights.IsEmpty ? !tokens.IsEmpty : tokens.Length % weights.Length != 0)
        {
            throw new ArgumentException(
                $"{tokens.Length} numbers are no states of {weights.Length} tokens.",
                nameof(tokens)
            );
        }

        _tokens = tokens.ToArray();
        _weights = weights.ToArray();
        _packed = new Lazy<PackedMatrix>(() => PackedMatrix.Pack(_tokens, Tokens, Dimensions));
    }

    /// <summary>The number of tokens.</summary>
    public int Tokens => _weights.Length;

    /// <summary>The width of a state.</summary>
    public int Dimensions => Tokens == 0 ? 0 : _tokens.Length / Tokens;

    /// <summary>The weights, <c>[tokens]</c>.</summary>
    internal ReadOnlySpan<float> Weights => _weights;

    /// <summary>The state of one token, <c>[dimensions]</c>.</summary>
    internal ReadOnlySpan<float> Token(int index) => _tokens.AsSpan(index * Dimensions, Dimensions);

    /// <summary>products[s, q] = states[s] · token[q]; states <c>[states, dimensions]</c>.</summary>
    internal void Multiply(ReadOnlySpan<float> states, Span<float> products)
    {
        if (Tokens > 0)
        {
            MatrixProduct.Multiply(states, _packed.Value, bias: [], products);
        }
    }

    /// <summary>The sign codes about a mean, <c>[tokens, dimensions / 8]</c>.</summary>
    internal byte[] Signs(ReadOnlySpan<float> mean)
    {
        byte[] signs = new byte[_tokens.Length / 8];
        SignCodes.Encode(_tokens, mean, signs);
        return signs;
    }
}
