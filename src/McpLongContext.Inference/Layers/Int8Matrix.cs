using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Layers;

/// <summary>Weights and activations in int8, scaled by blocks of 32 inputs.</summary>
/// <param name="weights">[outputs, inputs].</param>
internal sealed class Int8Matrix(Int8BlockMatrix weights) : IWeightMatrix
{
    /// <inheritdoc />
    public int Outputs => weights.Outputs;

    /// <inheritdoc />
    public int Inputs => weights.Inputs;

    /// <inheritdoc />
    public int Panels => weights.Panels;

    /// <inheritdoc />
    public int PanelOutputs => Int8BlockMatrix.PanelOutputs;

    /// <inheritdoc />
    public bool IsQuantized => true;

    /// <inheritdoc />
    public void Multiply(Operand x, int firstPanel, int panels, Span<float> y) =>
        Int8BlockProduct.Multiply(x.Codes, weights, firstPanel, panels, y);
}
