using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// Y = X W^T with both operands in int8, scaled per block of 32 inputs: the sums of a block are exact integers, the
/// blocks are added in fp32.
/// </summary>
public static unsafe class Int8BlockProduct
{
    /// <summary>Bytes of X that are gone through for each panel: they stay in a second-level cache of 1 MiB.</summary>
    private const int CacheBytes = 384 * 1024;

    /// <summary>
    /// Multiplies by some panels of W; the columns of the others are left as they are. Different panels may be
    /// multiplied by different threads.
    /// </summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="firstPanel">The first panel, 0 or more.</param>
    /// <param name="panels">How many, within those of <paramref name="weights"/>.</param>
    /// <param name="y">[rows, outputs]: all of Y, row-major.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public static void Multiply(Int8BlockRows x, Int8BlockMatrix weights, int firstPanel, int panels, Span<float> y)
    {
        if (VnniBlockTile.IsSupported)
        {
            Check(x, weights, firstPanel, panels, y);
            fixed (float* target = y)
            {
                Multiply(&VnniBlockTile.Multiply, VnniBlockTile.Rows, x, weights, firstPanel, panels, target);
            }
        }
        else if (BlockDot256.IsSupported)
        {
            Multiply<BlockDot256, Vector256<int>>(x, weights, firstPanel, panels, y);
        }
        else if (WideningDot256.IsSupported)
        {
            Multiply<WideningDot256, Vector256<int>>(x, weights, firstPanel, panels, y);
        }
        else
        {
            Multiply<BlockDot128, Vector128<int>>(x, weights, firstPanel, panels, y);
        }
    }

    internal static void Multiply<TDot, TVector>(
        Int8BlockRows x,
        Int8BlockMatrix weights,
        int firstPanel,
        int panels,
        Span<float> y
    )
        where TDot : IBlockDot<TDot, TVector>
        where TVector : unmanaged
    {
        Check(x, weights, firstPanel, panels, y);
        fixed (float* target = y)
        {
            Multiply(
                &MultiplyTile<TDot, TVector>,
                Int8BlockTile<TDot, TVector>.Rows,
                x,
                weights,
                firstPanel,
                panels,
                target
            );
        }
    }

    private static void Check(Int8BlockRows x, Int8BlockMatrix weights, int firstPanel, int panels, Span<float> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weights);
        if (x.Inputs != weights.Inputs)
        {
            throw new ArgumentException($"x has {x.Inputs} inputs where the weights have {weights.Inputs}.", nameof(x));
        }

        Shape.Check(y.Length, x.Rows, weights.Outputs, nameof(y));
        ArgumentOutOfRangeException.ThrowIfNegative(firstPanel);
        ArgumentOutOfRangeException.ThrowIfNegative(panels);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(panels, weights.Panels - firstPanel);
    }

    /// <summary>Goes through the rows for each panel, tile by tile.</summary>
    private static void Multiply(
        delegate* <sbyte*, int, byte*, int, float*, void> multiplyTile,
        int tileRows,
        Int8BlockRows x,
        Int8BlockMatrix weights,
        int firstPanel,
        int panels,
        float* y
    )
    {
        var rowBytes = (nint)weights.Blocks * Int8BlockRows.RecordBytes;
        var blockRows = (int)Math.Max(CacheBytes / rowBytes / tileRows, 1) * tileRows;
        var tile = stackalloc float[(tileRows * Int8BlockMatrix.PanelOutputs) + 16];
        tile = (float*)(((nint)tile + 63) & ~63);
        for (var start = 0; start < x.Rows; start += blockRows)
        {
            var end = Math.Min(start + blockRows, x.Rows);
            for (var panel = firstPanel; panel < firstPanel + panels; panel++)
            {
                var column = panel * Int8BlockMatrix.PanelOutputs;
                var width = Math.Min(Int8BlockMatrix.PanelOutputs, weights.Outputs - column);
                for (var row = start; row < end; row += tileRows)
                {
                    var rows = Math.Min(tileRows, end - row);
                    multiplyTile(x.Records + (row * rowBytes), rows, weights.Panel(panel), weights.Blocks, tile);
                    for (var i = 0; i < rows; i++)
                    {
                        new ReadOnlySpan<float>(tile + (i * Int8BlockMatrix.PanelOutputs), width).CopyTo(
                            new Span<float>(y + ((nint)(row + i) * weights.Outputs) + column, width)
                        );
                    }
                }
            }
        }

        GC.KeepAlive(x);
        GC.KeepAlive(weights);
    }

    private static void MultiplyTile<TDot, TVector>(sbyte* x, int rows, byte* panel, int blocks, float* tile)
        where TDot : IBlockDot<TDot, TVector>
        where TVector : unmanaged
    {
        if (rows == 1)
        {
            Int8BlockTile<TDot, TVector>.MultiplyRow(x, panel, blocks, tile);
        }
        else
        {
            Int8BlockTile<TDot, TVector>.Multiply(x, rows, panel, blocks, tile);
        }
    }
}
