using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Layers;

/// <summary>The left operand of linear layers, in fp32 and, where a layer takes it so, in int8.</summary>
internal sealed class Operand
{
    private readonly Lock _deriving = new();
    private readonly Dictionary<object, float[]> _derived = [];
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
    /// <param name="quantize">Whether layers will take it in int8.</param>
    /// <param name="threadPool">Quantizes.</param>
    public void Set(float[] x, int rows, int inputs, bool quantize, ComputeThreadPool threadPool)
    {
        (_x, Rows, Inputs) = (x, rows, inputs);
        _derived.Clear();
        if (!quantize)
        {
            return;
        }

        Codes.Resize(rows, inputs);
        threadPool.RunRows(rows, (first, count) => Codes.Quantize(Values, first, count));
    }

    /// <summary>The preparation of the whole operand for one of its layers, once for all threads.</summary>
    /// <param name="key">The layer.</param>
    /// <param name="compute">Computes it.</param>
    public float[] Derive(object key, Func<Operand, float[]> compute)
    {
        lock (_deriving)
        {
            if (!_derived.TryGetValue(key, out var derived))
            {
                _derived.Add(key, derived = compute(this));
            }

            return derived;
        }
    }
}
