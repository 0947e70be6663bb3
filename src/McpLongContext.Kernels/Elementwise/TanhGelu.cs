using System.Numerics.Tensors;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the approximation of the GELU that T5 v1.1 uses (Hendrycks and
/// Gimpel, arXiv 1606.08415, section 2), elementwise.
/// </summary>
/// <remarks>Computed as x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), the same function.</remarks>
public static class TanhGelu
{
    /// <summary>Elements at a time, which stay in the first-level cache between the steps.</summary>
    private const int ChunkSize = 1024;

    private const float Slope = 1.595769122f; // 2 sqrt(2 / pi)
    private const float Cubic = 0.044715f;

    /// <summary>Replaces every element by its image.</summary>
    /// <param name="values">Any length.</param>
    public static void Apply(Span<float> values)
    {
        Span<float> scratch = stackalloc float[ChunkSize];
        while (!values.IsEmpty)
        {
            var chunk = values[..Math.Min(ChunkSize, values.Length)];
            var inner = scratch[..chunk.Length];
            TensorPrimitives.Multiply(chunk, chunk, inner);
            TensorPrimitives.Multiply(inner, Slope * Cubic, inner);
            TensorPrimitives.Add(inner, Slope, inner);
            TensorPrimitives.Multiply(inner, chunk, inner);
            TensorPrimitives.Sigmoid(inner, inner);
            TensorPrimitives.Multiply(chunk, inner, chunk);
            values = values[chunk.Length..];
        }
    }
}
