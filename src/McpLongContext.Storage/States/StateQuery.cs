using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Search;

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

    /// <summary>
    /// sum over q of weight[q] * max over s of token[q] · states[s] (ColBERT's MaxSim, arXiv 2004.12832).
    /// </summary>
    /// <param name="states">[states, dimensions], one at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public float MaxSimilarity(ReadOnlySpan<float> states)
    {
        if (Tokens == 0)
        {
            return 0;
        }

        var count = states.Length / Dimensions * Tokens;
        var rented = ArrayPool<float>.Shared.Rent(count + Tokens);
        var products = rented.AsSpan(0, count);
        var maxima = rented.AsSpan(count, Tokens);
        MatrixProduct.Multiply(states, _packed.Value, bias: [], products);
        maxima.Fill(float.NegativeInfinity);
        for (; !products.IsEmpty; products = products[Tokens..])
        {
            TensorPrimitives.Max(maxima, products[..Tokens], maxima);
        }

        var sum = TensorPrimitives.Dot(_weights, maxima);
        ArrayPool<float>.Shared.Return(rented);
        return sum;
    }

    /// <summary>The sign codes about a mean, <c>[tokens, dimensions / 8]</c>.</summary>
    internal byte[] Signs(ReadOnlySpan<float> mean)
    {
        var signs = new byte[_tokens.Length / 8];
        SignCodes.Encode(_tokens, mean, signs);
        return signs;
    }
}
