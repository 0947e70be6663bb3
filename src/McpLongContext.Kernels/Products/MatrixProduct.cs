using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// Y = activation(X W^T + bias) in fp32: X [rows, inputs], W [outputs, inputs], bias [outputs], Y [rows, outputs].
/// </summary>
/// <remarks>
/// The blocking of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a tile of Y in
/// registers, a panel of W that streams from the second-level cache, a block of rows of X that stays in it. X is read
/// in place: only the weights are packed, once. One thread: callers run several sequences side by side.
/// </remarks>
public static unsafe class MatrixProduct
{
    /// <summary>
    /// Floats of X and Y in a block, which stays in a second-level cache of 1 MiB beside a panel of W.
    /// </summary>
    private const int BlockSize = 160 * 1024;

    /// <summary>Multiplies.</summary>
    /// <param name="x">[rows, inputs], row-major.</param>
    /// <param name="weights">The packed [outputs, inputs].</param>
    /// <param name="bias">[outputs], or empty for none.</param>
    /// <param name="y">[rows, outputs], row-major; must not overlap <paramref name="x"/>.</param>
    /// <param name="activation">Applied to the sum.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void Multiply(
        ReadOnlySpan<float> x,
        PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation = Activation.None
    )
    {
        ArgumentNullException.ThrowIfNull(weights);
        Multiply(x, weights, bias, y, activation, 0, weights.Panels);
    }

    /// <summary>
    /// Multiplies by some panels of the weights, without bias and activation; the columns of the others are left as
    /// they are. Different panels may be multiplied by different threads.
    /// </summary>
    /// <param name="x">[rows, inputs], row-major.</param>
    /// <param name="weights">The packed [outputs, inputs].</param>
    /// <param name="firstPanel">The first panel, 0 or more.</param>
    /// <param name="panels">How many, within those of <paramref name="weights"/>.</param>
    /// <param name="y">[rows, outputs]: all of Y, row-major; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit the shapes.</exception>
    public static void MultiplyPanels(
        ReadOnlySpan<float> x,
        PackedMatrix weights,
        int firstPanel,
        int panels,
        Span<float> y
    )
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(firstPanel);
        ArgumentOutOfRangeException.ThrowIfNegative(panels);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(panels, weights.Panels - firstPanel);
        Multiply(x, weights, [], y, Activation.None, firstPanel, panels);
    }

    private static void Multiply(
        ReadOnlySpan<float> x,
        PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation,
        int firstPanel,
        int panels
    )
    {
        if (Simd512.IsSupported && weights.PanelWidth == Simd512.Lanes)
        {
            Multiply<Tile8x1<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                x,
                weights,
                bias,
                y,
                activation,
                firstPanel,
                panels
            );
        }
        else if (Simd512.IsSupported && weights.PanelWidth == 2 * Simd512.Lanes)
        {
            Multiply<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                x,
                weights,
                bias,
                y,
                activation,
                firstPanel,
                panels
            );
        }
        else if (Simd512.IsSupported)
        {
            Multiply<Tile8x3<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                x,
                weights,
                bias,
                y,
                activation,
                firstPanel,
                panels
            );
        }
        else if (Simd256.IsSupported)
        {
            Multiply<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(
                x,
                weights,
                bias,
                y,
                activation,
                firstPanel,
                panels
            );
        }
        else
        {
            Multiply<Tile8x3<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(
                x,
                weights,
                bias,
                y,
                activation,
                firstPanel,
                panels
            );
        }
    }

    internal static void Multiply<TTile, TSimd, TVector>(
        ReadOnlySpan<float> x,
        PackedMatrix weights,
        ReadOnlySpan<float> bias,
        Span<float> y,
        Activation activation,
        int firstPanel,
        int panels
    )
        where TTile : ITile<float>
        where TSimd : ISimd<TSimd, TVector>
        where TVector : unmanaged
    {
        ArgumentNullException.ThrowIfNull(weights);
        var rows = Shape.Rows(x.Length, weights.Inputs, nameof(x));
        Shape.Check(y.Length, rows, weights.Outputs, nameof(y));
        if (!bias.IsEmpty)
        {
            Shape.Check(bias.Length, weights.Outputs, nameof(bias));
        }

        var blockRows = Math.Max(BlockSize / (weights.Inputs + weights.Outputs) / TTile.Rows, 1) * TTile.Rows;
        var initial = stackalloc float[TTile.Columns];
        new Span<float>(initial, TTile.Columns).Clear();
        var edge = stackalloc float[TTile.Rows * TTile.Columns];
        fixed (
            float* px = x,
                py = y
        )
        {
            for (var block = 0; block < rows; block += blockRows)
            {
                var end = Math.Min(block + blockRows, rows);
                for (var panel = firstPanel; panel < firstPanel + panels; panel++)
                {
                    var column = panel * TTile.Columns;
                    var width = Math.Min(TTile.Columns, weights.Outputs - column);
                    if (!bias.IsEmpty)
                    {
                        bias.Slice(column, width).CopyTo(new Span<float>(initial, width));
                    }

                    var whole = width == TTile.Columns;
                    for (var row = block; row < end; row += TTile.Rows)
                    {
                        var tileRows = Math.Min(TTile.Rows, end - row);
                        var target = py + ((nint)row * weights.Outputs) + column;
                        var c = whole ? target : edge;
                        nint stride = whole ? weights.Outputs : TTile.Columns;
                        TTile.Multiply(
                            px + ((nint)row * weights.Inputs),
                            weights.Inputs,
                            tileRows,
                            weights.Panel(panel),
                            weights.Inputs,
                            initial,
                            c,
                            stride
                        );
                        if (activation == Activation.Gelu)
                        {
                            Gelu.Apply<TSimd, TVector>(c, tileRows, TTile.Columns, stride);
                        }

                        if (!whole)
                        {
                            Copy(edge, TTile.Columns, target, weights.Outputs, tileRows, width);
                        }
                    }
                }
            }
        }

        GC.KeepAlive(weights);
    }

    /// <summary>Copies [rows, columns] between buffers of different row lengths.</summary>
    internal static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            new Span<float>(source + (row * sourceStride), columns).CopyTo(
                new Span<float>(target + (row * targetStride), columns)
            );
        }
    }
}
