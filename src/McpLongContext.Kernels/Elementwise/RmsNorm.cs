using System.Numerics.Tensors;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Elementwise;

/// <summary>
/// y = gamma x / sqrt(mean x^2 + epsilon), over each row of [rows, width] (Zhang and Sennrich, arXiv 1910.07467,
/// equation 4).
/// </summary>
public static class RmsNorm
{
    /// <summary>Normalizes each row.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="gamma">[width], the scale.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">[rows, width]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<float> gamma, float epsilon, Span<float> y)
    {
        var width = gamma.Length;
        Shape.Check(y.Length, x.Length, nameof(y));
        var rows = Shape.Rows(x.Length, width, nameof(x));
        for (var row = 0; row < rows; row++)
        {
            var source = x.Slice(row * width, width);
            var target = y.Slice(row * width, width);
            var scale = 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares(source) / width) + epsilon);
            TensorPrimitives.Multiply(source, scale, target);
            TensorPrimitives.Multiply(target, gamma, target);
        }
    }
}
