using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// A weight matrix [outputs, inputs] rearranged once for <see cref="MatrixProduct"/>: panels of
/// <see cref="PanelWidth"/> outputs, each stored as [inputs, PanelWidth], the last one filled up with zeros.
/// </summary>
public sealed class PackedMatrix
{
    private readonly AlignedArray<float> _panels;

    private PackedMatrix(int outputs, int inputs, int panelWidth)
    {
        Outputs = outputs;
        Inputs = inputs;
        PanelWidth = panelWidth;
        _panels = new AlignedArray<float>((long)Panels * panelWidth * inputs);
    }

    /// <summary>Rows of the weight matrix, the width of the product.</summary>
    public int Outputs { get; }

    /// <summary>Columns of the weight matrix, the width of the left operand.</summary>
    public int Inputs { get; }

    /// <summary>Outputs in a panel: the columns of the register tile.</summary>
    public int PanelWidth { get; }

    /// <summary>Panels of outputs; the last one may be filled up with zeros.</summary>
    public int Panels => (Outputs + PanelWidth - 1) / PanelWidth;

    /// <summary>
    /// Packs for the widest vectors of this machine, and for as few of them as the outputs need.
    /// </summary>
    /// <param name="weights">[outputs, inputs], row-major.</param>
    /// <param name="outputs">Rows of <paramref name="weights"/>, positive.</param>
    /// <param name="inputs">Columns of <paramref name="weights"/>, positive.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="weights"/> is not outputs *
    /// inputs.</exception>
    public static PackedMatrix Pack(ReadOnlySpan<float> weights, int outputs, int inputs)
    {
        if (Simd512.IsSupported)
        {
            return outputs <= Simd512.Lanes ? Pack<Tile8x1<Simd512, float, Vector512<float>>>(weights, outputs, inputs)
                : outputs <= 2 * Simd512.Lanes
                    ? Pack<Tile8x2<Simd512, float, Vector512<float>>>(weights, outputs, inputs)
                : Pack<Tile8x3<Simd512, float, Vector512<float>>>(weights, outputs, inputs);
        }

        return Simd256.IsSupported
            ? Pack<Tile6x2<Simd256, float, Vector256<float>>>(weights, outputs, inputs)
            : Pack<Tile8x3<Simd128, float, Vector128<float>>>(weights, outputs, inputs);
    }

    internal static PackedMatrix Pack<TTile>(ReadOnlySpan<float> weights, int outputs, int inputs)
        where TTile : ITile<float>
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Shape.Check(weights.Length, outputs, inputs, nameof(weights));
        var packed = new PackedMatrix(outputs, inputs, TTile.Columns);
        for (var panel = 0; panel < packed.Panels; panel++)
        {
            var first = panel * TTile.Columns;
            var rows = weights.Slice(first * inputs, Math.Min(TTile.Columns, outputs - first) * inputs);
            Transpose(rows, inputs, packed._panels.Span.Slice(first * inputs, TTile.Columns * inputs), TTile.Columns);
        }

        return packed;
    }

    /// <summary>Rows [n, inputs] to a panel [inputs, width], n at most the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ReadOnlySpan<float> rows, int inputs, Span<float> panel, int width)
    {
        for (var input = 0; input < inputs; input++)
        {
            var target = panel.Slice(input * width, rows.Length / inputs);
            for (var column = 0; column < target.Length; column++)
            {
                target[column] = rows[(column * inputs) + input];
            }
        }
    }

    /// <summary>The panel [inputs, PanelWidth], aligned to a cache line; it does not move.</summary>
    internal unsafe float* Panel(int index) => _panels.Pointer + ((nint)index * PanelWidth * Inputs);
}
