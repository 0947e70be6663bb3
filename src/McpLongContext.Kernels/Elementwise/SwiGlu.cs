using System.Numerics.Tensors;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// y = silu(gate) up = gate sigmoid(gate) up, elementwise (Shazeer, arXiv 2002.05202, equation 6, beta 1).
/// </summary>
public static class SwiGlu
{
    /// <summary>Elements at a time, which stay in the first-level cache between the steps.</summary>
    private const int ChunkSize = 1024;

    /// <summary>Replaces <paramref name="gate"/> by the result.</summary>
    /// <param name="gate">Any length.</param>
    /// <param name="up">As long as <paramref name="gate"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Apply(Span<float> gate, ReadOnlySpan<float> up)
    {
        Shape.Check(up.Length, gate.Length, nameof(up));
        Span<float> sigmoid = stackalloc float[ChunkSize];
        while (!gate.IsEmpty)
        {
            var count = Math.Min(ChunkSize, gate.Length);
            var chunk = gate[..count];
            TensorPrimitives.Sigmoid(chunk, sigmoid);
            TensorPrimitives.Multiply(chunk, sigmoid[..count], chunk);
            TensorPrimitives.Multiply(chunk, up[..count], chunk);
            gate = gate[count..];
            up = up[count..];
        }
    }
}
