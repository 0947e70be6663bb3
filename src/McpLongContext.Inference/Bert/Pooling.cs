using System.Numerics.Tensors;

namespace McpLongContext.Inference.Bert;

/// <summary>
/// One vector for many tokens, as sentence encoders make it (Reimers and Gurevych 2019, arXiv 1908.10084).
/// </summary>
public static class Pooling
{
    /// <summary>The mean of the states, divided by its length.</summary>
    /// <param name="states">[tokens, hidden], one token at least.</param>
    /// <param name="pooled">[hidden]: receives a vector of length 1, or zero where the mean is zero.</param>
    /// <exception cref="ArgumentException">The states are none or no multiple of the width.</exception>
    public static void MeanNormalized(ReadOnlySpan<float> states, Span<float> pooled)
    {
        var hidden = pooled.Length;
        if (states.IsEmpty || hidden == 0 || states.Length % hidden != 0)
        {
            throw new ArgumentException(
                $"{states.Length} floats found, expected a positive multiple of {hidden}.",
                nameof(states)
            );
        }

        pooled.Clear();
        for (var start = 0; start < states.Length; start += hidden)
        {
            TensorPrimitives.Add(pooled, states.Slice(start, hidden), pooled);
        }

        // The direction of the mean is that of the sum.
        var length = TensorPrimitives.Norm(pooled);
        if (length > 0)
        {
            TensorPrimitives.Divide(pooled, length, pooled);
        }
    }
}
