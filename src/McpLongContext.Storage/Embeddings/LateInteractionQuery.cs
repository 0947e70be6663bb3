using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.Embeddings;

/// <summary>The token embeddings of a question and how much each counts.</summary>
public sealed class LateInteractionQuery
{
    private readonly float[] _tokens;
    private readonly float[] _weights;
    private readonly Lazy<PackedMatrix> _packed;
    private volatile Prepared? _prepared;

    /// <summary>Takes embeddings <c>[tokens, dimensions]</c> and weights <c>[tokens]</c>.</summary>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public LateInteractionQuery(ReadOnlySpan<float> tokens, ReadOnlySpan<float> weights)
    {
        if (weights.IsEmpty ? !tokens.IsEmpty : tokens.Length % weights.Length != 0)
        {
            throw new ArgumentException(
                $"{tokens.Length} numbers are no embeddings of {weights.Length} tokens.",
                nameof(tokens)
            );
        }

        _tokens = tokens.ToArray();
        _weights = weights.ToArray();
        _packed = new Lazy<PackedMatrix>(() => PackedMatrix.Pack(_tokens, Tokens, Dimensions));
    }

    /// <summary>The number of tokens.</summary>
    public int Tokens => _weights.Length;

    /// <summary>The width of an embedding.</summary>
    public int Dimensions => Tokens == 0 ? 0 : _tokens.Length / Tokens;

    /// <summary>The weights, <c>[tokens]</c>.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>The embedding of one token, <c>[dimensions]</c>.</summary>
    internal ReadOnlySpan<float> Token(int index) => _tokens.AsSpan(index * Dimensions, Dimensions);

    /// <summary>
    /// sum over q of weight[q] * max over s of token[q] · embeddings[s] (ColBERT's MaxSim, arXiv 2004.12832).
    /// </summary>
    /// <param name="embeddings">[embeddings, dimensions], one at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public float MaxSimilarity(ReadOnlySpan<float> embeddings)
    {
        if (Tokens == 0)
        {
            return 0;
        }

        var count = embeddings.Length / Dimensions * Tokens;
        var rented = ArrayPool<float>.Shared.Rent(count + Tokens);
        var products = rented.AsSpan(0, count);
        var maxima = rented.AsSpan(count, Tokens);
        MatrixProduct.Multiply(embeddings, _packed.Value, bias: [], products);
        maxima.Fill(float.NegativeInfinity);
        for (; !products.IsEmpty; products = products[Tokens..])
        {
            TensorPrimitives.Max(maxima, products[..Tokens], maxima);
        }

        var sum = TensorPrimitives.Dot(_weights, maxima);
        ArrayPool<float>.Shared.Return(rented);
        return sum;
    }

    /// <summary>The inner products of embeddings <c>[embeddings, dimensions]</c> with the tokens,
    /// <c>[embeddings, tokens]</c>.</summary>
    public float[] Similarities(ReadOnlySpan<float> embeddings)
    {
        var products = new float[Tokens == 0 ? 0 : embeddings.Length / Dimensions * Tokens];
        if (products.Length > 0)
        {
            MatrixProduct.Multiply(embeddings, _packed.Value, bias: [], products);
        }

        return products;
    }

    /// <summary>The tokens as an encoder's two-bit codes are multiplied by them; made once for it.</summary>
    internal TwoBitQueries QuantizedFor(EmbeddingProfile encoder)
    {
        if (_prepared is not { } known || known.Encoder != encoder)
        {
            _prepared = known = new Prepared(encoder, new TokenEmbeddingCodec(encoder).Prepare(_tokens));
        }

        return known.Queries;
    }

    /// <summary>The binary codes about a mean, <c>[tokens, dimensions / 8]</c>.</summary>
    internal byte[] BinaryCodesOf(ReadOnlySpan<float> mean)
    {
        var binaryCodes = new byte[_tokens.Length / 8];
        BinaryCodes.Encode(_tokens, mean, binaryCodes);
        return binaryCodes;
    }

    private sealed record Prepared(EmbeddingProfile Encoder, TwoBitQueries Queries);
}
