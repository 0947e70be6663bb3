using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>A linear layer in fp32.</summary>
/// <param name="weights">[outputs, inputs].</param>
/// <param name="bias">[outputs].</param>
internal sealed class Float32Linear(PackedMatrix weights, float[] bias) : ILinear
{
    /// <inheritdoc />
    public void Project(ReadOnlySpan<float> x, Span<float> y, Activation activation = Activation.None) =>
        MatrixProduct.Multiply(x, weights, bias, y, activation);
}
