namespace McpLongContext.Inference.Layers;

/// <summary>
/// The matrix [outputs, inputs] of a linear layer, in an arithmetic; threads divide it by its panels of outputs.
/// </summary>
internal interface IWeightMatrix
{
    /// <summary>Rows.</summary>
    public int Outputs { get; }

    /// <summary>Columns.</summary>
    public int Inputs { get; }

    /// <summary>Groups of outputs that are computed together.</summary>
    public int Panels { get; }

    /// <summary>Outputs of a panel; the last one may have fewer.</summary>
    public int PanelOutputs { get; }

    /// <summary>Whether <see cref="Multiply"/> takes the operand in int8.</summary>
    public bool IsQuantized { get; }

    /// <summary>y = x W^T in the columns of some panels.</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="firstPanel">The first panel.</param>
    /// <param name="panels">How many.</param>
    /// <param name="y">[rows, outputs].</param>
    public void Multiply(Operand x, int firstPanel, int panels, Span<float> y);
}
