using System.Runtime.Intrinsics;

namespace McpLongContext.Kernels;

/// <summary>
/// Y = X W^T with both operands in int8, scaled per block of 32 inputs: the sums of a block are exact integers, the
/// blocks are added in fp32.
/// </summary>
public static unsafe class Int8BlockProduct
{
    /// <summary>Bytes of X that are gone through for each panel: they stay in a second-level cache of 1 MiB.</summary>
    private const int CacheBytes = 384 * 1024;

    /// <summary>
    /// Multiplies by some panels of W; the columns of the others are left as they are. Different panels may be multiplied
    /// by different threads.
    /// </summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="firstPanel">The first panel, 0 or more.</param>
    /// <param name="panels">How many, within those of <paramref name="weights"/>.</param>
    /// <param name="y">[rows, outputs]: all of Y, row-major.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public static void Multiply(Int8BlockRows x, Int8BlockMatrix weights, int firstPanel, int panels, Span<float> y)
    {
        if (BlockDot256.IsSupported)
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
        const int tileRows = Int8BlockTile<TDot, TVector>.Rows;
        var blockRows = Math.Max(CacheBytes / (weights.Blocks * Int8BlockMatrix.BlockInputs) / tileRows, 1) * tileRows;
        var tile = stackalloc float[(tileRows * Int8BlockMatrix.PanelOutputs) + 16];
        tile = (float*)(((nint)tile + 63) & ~63);
        fixed (float* target = y)
        {
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
                        var first = (nint)row * weights.Blocks;
                        MultiplyTile<TDot, TVector>(x, first, rows, weights, panel, tile);
                        for (var i = 0; i < rows; i++)
                        {
                            new ReadOnlySpan<float>(tile + (i * Int8BlockMatrix.PanelOutputs), width).CopyTo(
                                new Span<float>(target + ((nint)(row + i) * weights.Outputs) + column, width)
                            );
                        }
                    }
                }
            }
        }

        GC.KeepAlive(x);
        GC.KeepAlive(weights);
    }

    private static void MultiplyTile<TDot, TVector>(
        Int8BlockRows x,
        nint first,
        int rows,
        Int8BlockMatrix weights,
        int panel,
        float* tile
    )
        where TDot : IBlockDot<TDot, TVector>
        where TVector : unmanaged
    {
        var codes = x.Codes + (first * Int8BlockMatrix.BlockInputs);
        var scales = x.Scales + first;
        var offsets = x.Offsets + first;
        var blocks = weights.Blocks;
        if (rows == 1)
        {
            Int8BlockTile<TDot, TVector>.MultiplyRow(codes, scales, offsets, weights.Panel(panel), blocks, tile);
        }
        else
        {
            Int8BlockTile<TDot, TVector>.Multiply(codes, scales, offsets, rows, weights.Panel(panel), blocks, tile);
        }
    }
}
