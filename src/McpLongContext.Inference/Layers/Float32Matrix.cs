using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>Weights and activations in fp32.</summary>
/// <param name="weights">[outputs, inputs].</param>
internal sealed class Float32Matrix(PackedMatrix weights) : IWeightMatrix
{
    /// <inheritdoc />
    public int Outputs => weights.Outputs;

    /// <inheritdoc />
    public int Inputs => weights.Inputs;

    /// <inheritdoc />
    public int Panels => weights.Panels;

    /// <inheritdoc />
    public int PanelOutputs => weights.PanelWidth;

    /// <inheritdoc />
    public bool IsQuantized => false;

    /// <inheritdoc />
    public void Multiply(Operand x, int firstPanel, int panels, Span<float> y) =>
        MatrixProduct.MultiplyPanels(x.Values, weights, firstPanel, panels, y);
}
