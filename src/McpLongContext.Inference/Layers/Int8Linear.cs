using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>A linear layer in int8: weights quantized once, per output; activations as they come, per row.</summary>
/// <param name="weights">[outputs, inputs].</param>
/// <param name="bias">[outputs].</param>
internal sealed class Int8Linear(Int8PackedMatrix weights, float[] bias) : ILinear
{
    /// <inheritdoc />
    public void Project(ReadOnlySpan<float> x, Span<float> y, Activation activation = Activation.None) =>
        Int8MatrixProduct.Multiply(x, weights, bias, y, activation);
}
