using System.Runtime.CompilerServices;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// The inner loops of <see cref="Int8BlockProduct"/>: some rows of X times a panel of W. The integer sums of a block
/// stay in registers; after each block they are scaled and added to the tile, which stays in the first-level cache.
/// </summary>
/// <remarks>
/// Two vectors of outputs for six rows: 12 sums, two vectors of weights and a broadcast fill 15 of the 16 registers
/// that AVX-VNNI can name. A panel is 16 outputs wide, one pass with vectors of 256 bits, two with 128.
/// </remarks>
internal static unsafe class Int8BlockTile<TDot, TVector>
    where TDot : IBlockDot<TDot, TVector>
    where TVector : unmanaged
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    private const int Columns = Int8BlockMatrix.PanelOutputs;
    private const int Words = Int8BlockMatrix.BlockWords;
    private const int RecordWords = Int8BlockRows.RecordBytes / sizeof(int);
    private const int ScaleWord = Int8BlockRows.ScaleAt / sizeof(int);
    private const int OffsetWord = Int8BlockRows.OffsetAt / sizeof(int);
    private const int WordBytes = Columns * sizeof(int);

    /// <summary>tile = X W^T for one row.</summary>
    /// <param name="x">The row's records [blocks].</param>
    /// <param name="panel">[blocks] of W.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="tile">[16]: receives the products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyRow(sbyte* x, byte* panel, int blocks, float* tile)
    {
        new Span<float>(tile, Columns).Clear();
        var bytes = TDot.Lanes * sizeof(int);
        for (var block = 0; block < blocks; block++, panel += Int8BlockMatrix.BlockBytes)
        {
            var words = (int*)x + (block * RecordWords);
            for (var column = 0; column < Columns; column += 2 * TDot.Lanes)
            {
                // Even and odd words have sums of their own: one chain of additions would wait for itself.
                var c0 = TDot.Start(words[OffsetWord]);
                var c1 = c0;
                var d0 = TDot.Broadcast(0);
                var d1 = d0;
                var b = panel + (column * sizeof(int));
                for (var word = 0; word < Words; word += 2, b += 2 * WordBytes)
                {
                    var even = TDot.Broadcast(words[word]);
                    c0 = TDot.MultiplyAdd(TDot.Load(b), even, c0);
                    c1 = TDot.MultiplyAdd(TDot.Load(b + bytes), even, c1);
                    var odd = TDot.Broadcast(words[word + 1]);
                    d0 = TDot.MultiplyAdd(TDot.Load(b + WordBytes), odd, d0);
                    d1 = TDot.MultiplyAdd(TDot.Load(b + WordBytes + bytes), odd, d1);
                }

                var weightScales = (float*)(panel + Int8BlockMatrix.CodeBytes) + column;
                TDot.Accumulate(
                    TDot.Add(c0, d0),
                    TDot.Add(c1, d1),
                    weightScales,
                    ((float*)words)[ScaleWord],
                    tile + column
                );
            }
        }
    }

    /// <summary>tile = X W^T for up to <see cref="Rows"/> rows.</summary>
    /// <param name="x">Records [rows, blocks].</param>
    /// <param name="rows">
    /// Rows that exist. The missing ones repeat the last: they are computed for nothing, so that the loop needs no
    /// variants.
    /// </param>
    /// <param name="panel">[blocks] of W.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="tile">[<see cref="Rows"/>, 16]: receives the products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(sbyte* x, int rows, byte* panel, int blocks, float* tile)
    {
        new Span<float>(tile, Rows * Columns).Clear();
        var stride = (nint)blocks * RecordWords;
        var a0 = (int*)x;
        var a1 = rows > 1 ? a0 + stride : a0;
        var a2 = rows > 2 ? a1 + stride : a1;
        var a3 = rows > 3 ? a2 + stride : a2;
        var a4 = rows > 4 ? a3 + stride : a3;
        var a5 = rows > 5 ? a4 + stride : a4;
        for (var block = 0; block < blocks; block++, panel += Int8BlockMatrix.BlockBytes)
        {
            for (var column = 0; column < Columns; column += 2 * TDot.Lanes)
            {
                var first = block * RecordWords;
                var b = panel + (column * sizeof(int));
                var c00 = TDot.Start(a0[first + OffsetWord]);
                var c01 = c00;
                var c10 = TDot.Start(a1[first + OffsetWord]);
                var c11 = c10;
                var c20 = TDot.Start(a2[first + OffsetWord]);
                var c21 = c20;
                var c30 = TDot.Start(a3[first + OffsetWord]);
                var c31 = c30;
                var c40 = TDot.Start(a4[first + OffsetWord]);
                var c41 = c40;
                var c50 = TDot.Start(a5[first + OffsetWord]);
                var c51 = c50;
                for (var word = first; word < first + Words; word++, b += WordBytes)
                {
                    var b0 = TDot.Load(b);
                    var b1 = TDot.Load(b + (TDot.Lanes * sizeof(int)));
                    var a = TDot.Broadcast(a0[word]);
                    c00 = TDot.MultiplyAdd(b0, a, c00);
                    c01 = TDot.MultiplyAdd(b1, a, c01);
                    a = TDot.Broadcast(a1[word]);
                    c10 = TDot.MultiplyAdd(b0, a, c10);
                    c11 = TDot.MultiplyAdd(b1, a, c11);
                    a = TDot.Broadcast(a2[word]);
                    c20 = TDot.MultiplyAdd(b0, a, c20);
                    c21 = TDot.MultiplyAdd(b1, a, c21);
                    a = TDot.Broadcast(a3[word]);
                    c30 = TDot.MultiplyAdd(b0, a, c30);
                    c31 = TDot.MultiplyAdd(b1, a, c31);
                    a = TDot.Broadcast(a4[word]);
                    c40 = TDot.MultiplyAdd(b0, a, c40);
                    c41 = TDot.MultiplyAdd(b1, a, c41);
                    a = TDot.Broadcast(a5[word]);
                    c50 = TDot.MultiplyAdd(b0, a, c50);
                    c51 = TDot.MultiplyAdd(b1, a, c51);
                }

                var s0 = (float*)(panel + Int8BlockMatrix.CodeBytes) + column;
                var t0 = tile + column;
                TDot.Accumulate(c00, c01, s0, ((float*)a0)[first + ScaleWord], t0);
                TDot.Accumulate(c10, c11, s0, ((float*)a1)[first + ScaleWord], t0 + Columns);
                TDot.Accumulate(c20, c21, s0, ((float*)a2)[first + ScaleWord], t0 + (2 * Columns));
                TDot.Accumulate(c30, c31, s0, ((float*)a3)[first + ScaleWord], t0 + (3 * Columns));
                TDot.Accumulate(c40, c41, s0, ((float*)a4)[first + ScaleWord], t0 + (4 * Columns));
                TDot.Accumulate(c50, c51, s0, ((float*)a5)[first + ScaleWord], t0 + (5 * Columns));
            }
        }
    }
}
