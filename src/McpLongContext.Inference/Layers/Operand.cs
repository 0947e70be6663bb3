using McpLongContext.Kernels;

namespace McpLongContext.Inference.Layers;

/// <summary>The left operand of linear layers, in fp32 and, where a layer takes it so, in int8.</summary>
internal sealed class Operand
{
    private float[] _x = [];

    /// <summary>Rows in use.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns.</summary>
    public int Inputs { get; private set; }

    /// <summary>[rows, inputs].</summary>
    public ReadOnlySpan<float> Values => _x.AsSpan(0, Rows * Inputs);

    /// <summary>The same in int8, if it was asked for.</summary>
    public Int8BlockRows Codes { get; } = new();

    /// <summary>Takes a matrix.</summary>
    /// <param name="x">Begins with [rows, inputs]; must not change until the products are done.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="quantise">Whether layers will take it in int8.</param>
    /// <param name="team">Quantises.</param>
    public void Set(float[] x, int rows, int inputs, bool quantise, WorkerTeam team)
    {
        (_x, Rows, Inputs) = (x, rows, inputs);
        if (!quantise)
            return;
        Codes.Resize(rows, inputs);
        team.RunRows(rows, (first, count) => Codes.Quantize(Values, first, count));
    }
}
