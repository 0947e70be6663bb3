using System.Numerics.Tensors;

namespace McpLongContext.Inference.Generation;

/// <summary>
/// The negative log-likelihood of a token, -ln p(token), and the entropy of its prediction, -sum p ln p, in nats.
/// </summary>
/// <param name="Nats">Negative log-likelihood of the token, in nats.</param>
/// <param name="Entropy">Entropy of the prediction, in nats.</param>
public readonly record struct TokenLikelihood(double Nats, double Entropy)
{
    /// <summary>
    /// With l' = l - max(l) and Z = sum exp(l'): -ln p(t) = ln Z - l'(t), entropy = ln Z - sum exp(l') l' / Z.
    /// </summary>
    /// <param name="logits">[vocabulary]; overwritten.</param>
    /// <param name="token">The token that came.</param>
    /// <param name="scratch">[vocabulary].</param>
    public static TokenLikelihood Of(Span<float> logits, int token, Span<float> scratch)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.Exp(logits, scratch);
        var sum = TensorPrimitives.Sum<float>(scratch);
        var log = Math.Log(sum);
        return new TokenLikelihood(log - logits[token], log - (TensorPrimitives.Dot<float>(scratch, logits) / sum));
    }
}

/// <summary>Sums of negative log-likelihood and entropy, and the measures that follow from them.</summary>
public struct TokenLikelihoodSum
{
    private double _nats;
    private double _entropy;
    private long _count;

    /// <summary>exp(mean negative log-likelihood); <see langword="null"/> of nothing.</summary>
    public readonly double? Perplexity => _count == 0 ? null : Math.Exp(_nats / _count);

    /// <summary>Mean entropy in bits; <see langword="null"/> of nothing.</summary>
    public readonly double? EntropyBits => _count == 0 ? null : _entropy / _count / Math.Log(2);

    /// <summary>Adds a token.</summary>
    public void Add(TokenLikelihood likelihood)
    {
        _nats += likelihood.Nats;
        _entropy += likelihood.Entropy;
        _count++;
    }

    /// <summary>Adds the tokens of another sum.</summary>
    public void Add(TokenLikelihoodSum other)
    {
        _nats += other._nats;
        _entropy += other._entropy;
        _count += other._count;
    }
}
