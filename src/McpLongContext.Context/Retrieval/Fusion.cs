using System.Numerics.Tensors;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Fuses signals of different scales: each is standardized over the candidates (z-score), then they are added with
/// their weights. Rank fusion loses up to 8 points of MRR against it where one signal is weak.
/// </summary>
internal static class Fusion
{
    /// <summary>score[i] = weights[i] · (lexical[i], pooled[i], tokens[i]), each standardized.</summary>
    /// <param name="weights">The weights of each candidate.</param>
    /// <param name="lexical">A value a candidate, as in the others; NaN where it is not known.</param>
    /// <param name="pooled">Similarities of vectors.</param>
    /// <param name="tokens">Similarities of token embeddings.</param>
    public static double[] Combine(
        IReadOnlyList<SignalWeights> weights,
        double[] lexical,
        double[] pooled,
        double[] tokens
    )
    {
        var (l, p, t) = (Standardize(lexical), Standardize(pooled), Standardize(tokens));
        return
        [
            .. weights.Select((weight, i) => (weight.Lexical * l[i]) + (weight.Pooled * p[i]) + (weight.Tokens * t[i])),
        ];
    }

    /// <summary>(value - mean) / deviation; an unknown value (NaN) counts as the mean of the known ones.</summary>
    public static double[] Standardize(double[] values)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        if (known.Length == 0)
        {
            return new double[values.Length];
        }

        var mean = TensorPrimitives.Average<double>(known);
        var deviation = TensorPrimitives.StdDev<double>(known);
        return [.. values.Select(value => double.IsNaN(value) || deviation == 0 ? 0 : (value - mean) / deviation)];
    }
}
