using System.Numerics.Tensors;

namespace McpLongContext.Inference.Generation;

/// <summary>What a model's prediction says about the token that came: -ln p(token), and the entropy -sum p ln p.</summary>
/// <param name="Nats">Negative log-likelihood of the token, in nats.</param>
/// <param name="Entropy">Entropy of the prediction, in nats.</param>
public readonly record struct Surprise(double Nats, double Entropy)
{
    /// <summary>
    /// With l' = l - max(l) and Z = sum exp(l'): -ln p(t) = ln Z - l'(t), entropy = ln Z - sum exp(l') l' / Z.
    /// </summary>
    /// <param name="logits">[vocabulary]; overwritten.</param>
    /// <param name="token">The token that came.</param>
    /// <param name="scratch">[vocabulary].</param>
    public static Surprise Of(Span<float> logits, int token, Span<float> scratch)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.Exp(logits, scratch);
        var sum = TensorPrimitives.Sum<float>(scratch);
        var log = Math.Log(sum);
        return new Surprise(log - logits[token], log - (TensorPrimitives.Dot<float>(scratch, logits) / sum));
    }
}

/// <summary>Sums of surprises, and what they mean.</summary>
public struct SurpriseSum
{
    private double _nats;
    private double _entropy;
    private long _count;

    /// <summary>exp(mean negative log-likelihood); <see langword="null"/> of nothing.</summary>
    public readonly double? Perplexity => _count == 0 ? null : Math.Exp(_nats / _count);

    /// <summary>Mean entropy in bits; <see langword="null"/> of nothing.</summary>
    public readonly double? EntropyBits => _count == 0 ? null : _entropy / _count / Math.Log(2);

    /// <summary>Adds a token.</summary>
    public void Add(Surprise surprise)
    {
        _nats += surprise.Nats;
        _entropy += surprise.Entropy;
        _count++;
    }

    /// <summary>Adds the tokens of another sum.</summary>
    public void Add(SurpriseSum other)
    {
        _nats += other._nats;
        _entropy += other._entropy;
        _count += other._count;
    }
}
