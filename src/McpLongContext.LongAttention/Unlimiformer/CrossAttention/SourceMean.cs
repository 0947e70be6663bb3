using System.Numerics.Tensors;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// The mean of an encoder's states. States have most of their length in common, and what is common to all tokens changes
/// no ranking of them: codes are of what is left, so that 8 bits keep the order.
/// </summary>
/// <param name="values">[dimensions].</param>
public sealed class SourceMean(ReadOnlyMemory<float> values)
{
    /// <summary>The mean, <c>[dimensions]</c>.</summary>
    public ReadOnlyMemory<float> Values => values;

    /// <summary>The width of a state.</summary>
    public int Dimensions => values.Length;

    /// <summary>The mean of states; of none, zero.</summary>
    /// <param name="states">[tokens, dimensions].</param>
    /// <param name="dimensions">The width of a state.</param>
    public static SourceMean Of(ReadOnlySpan<float> states, int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimensions);
        var sums = new float[dimensions];
        var tokens = states.Length / dimensions;
        for (; !states.IsEmpty; states = states[dimensions..])
        {
            TensorPrimitives.Add(sums, states[..dimensions], sums);
        }

        TensorPrimitives.Divide(sums, Math.Max(1, tokens), sums);
        return new SourceMean(sums);
    }

    /// <summary>states[t] -= mean.</summary>
    /// <param name="states">[tokens, dimensions].</param>
    public void Subtract(Span<float> states)
    {
        for (; !states.IsEmpty; states = states[Dimensions..])
        {
            TensorPrimitives.Subtract(states[..Dimensions], values.Span, states);
        }
    }

    /// <summary>states[t] += mean.</summary>
    /// <param name="states">[tokens, dimensions].</param>
    public void Add(Span<float> states)
    {
        for (; !states.IsEmpty; states = states[Dimensions..])
        {
            TensorPrimitives.Add(states[..Dimensions], values.Span, states);
        }
    }
}
