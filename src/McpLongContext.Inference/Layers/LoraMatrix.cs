using System.Numerics.Tensors;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Inference.Layers;

/// <summary>
/// W + B A: a matrix whose LoRA adapter was trained while it stayed as it is (LoRA, Hu et al., arXiv 2106.09685). The
/// change is applied beside the matrix, in fp32, so that one in int8 does not round it away.
/// </summary>
internal sealed class LoraMatrix : IWeightMatrix
{
    private readonly IWeightMatrix _matrix;
    private readonly PackedMatrix _down; // A [rank, inputs]
    private readonly float[] _up; // B^T [rank, outputs]
    private readonly int _rank;

    /// <summary>Adapts a matrix.</summary>
    /// <param name="matrix">W [outputs, inputs].</param>
    /// <param name="rank">The rank of the change.</param>
    /// <param name="down">A [rank, inputs].</param>
    /// <param name="up">B [outputs, rank].</param>
    public LoraMatrix(IWeightMatrix matrix, int rank, ReadOnlySpan<float> down, ReadOnlySpan<float> up)
    {
        (_matrix, _rank) = (matrix, rank);
        _down = PackedMatrix.Pack(down, rank, matrix.Inputs);
        _up = new float[rank * matrix.Outputs];
        for (var output = 0; output < matrix.Outputs; output++)
        {
            for (var r = 0; r < rank; r++)
            {
                _up[(r * matrix.Outputs) + output] = up[(output * rank) + r];
            }
        }
    }

    /// <inheritdoc />
    public int Outputs => _matrix.Outputs;

    /// <inheritdoc />
    public int Inputs => _matrix.Inputs;

    /// <inheritdoc />
    public int Panels => _matrix.Panels;

    /// <inheritdoc />
    public int PanelOutputs => _matrix.PanelOutputs;

    /// <inheritdoc />
    public bool IsQuantized => _matrix.IsQuantized;

    /// <inheritdoc />
    public void Multiply(Operand x, int firstPanel, int panels, Span<float> y)
    {
        _matrix.Multiply(x, firstPanel, panels, y);
        var lowered = x.Derive(this, Lower);
        var first = firstPanel * PanelOutputs;
        var count = Math.Min(panels * PanelOutputs, Outputs - first);
        for (var row = 0; row < x.Rows; row++)
        {
            var target = y.Slice((row * Outputs) + first, count);
            for (var r = 0; r < _rank; r++)
            {
                var up = _up.AsSpan((r * Outputs) + first, count);
                TensorPrimitives.MultiplyAdd(up, lowered[(row * _rank) + r], target, target);
            }
        }
    }

    /// <summary>x A^T [rows, rank].</summary>
    private float[] Lower(Operand x)
    {
        var lowered = new float[x.Rows * _rank];
        MatrixProduct.Multiply(x.Values, _down, [], lowered);
        return lowered;
    }
}
