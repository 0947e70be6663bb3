using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>A linear layer, y = activation(W x + b), for many x at a time.</summary>
internal interface ILinear
{
    /// <summary>Applies the layer.</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="y">[rows, outputs].</param>
    /// <param name="activation">Applied to the result.</param>
    public void Project(ReadOnlySpan<float> x, Span<float> y, Activation activation = Activation.None);
}
