using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public unsafe class VnniTileTests
{
    private const int Depth = 97;
    private const int Untouched = 0x5EA1;

    public static TheoryData<int> RowCounts => [.. Enumerable.Range(1, VnniTile.Rows)];

    [Theory]
    [MemberData(nameof(RowCounts))]
    public void Every_number_of_rows_is_summed_exactly_and_nothing_else_is_written(int rows)
    {
        Assert.SkipUnless(VnniTile.IsSupported, "This machine has no AVX512-VNNI.");
        var random = new Random(rows);
        const int AStride = Depth + 3;
        const int CStride = 60;
        var a = new int[rows * AStride];
        var b = new int[Depth * VnniTile.Columns];
        var initial = new int[VnniTile.Columns];
        random.NextBytes(MemoryMarshal.AsBytes(a.AsSpan()));
        random.NextBytes(MemoryMarshal.AsBytes(b.AsSpan()));
        random.NextBytes(MemoryMarshal.AsBytes(initial.AsSpan()));
        var c = Enumerable.Repeat(Untouched, VnniTile.Rows * CStride).ToArray();

        fixed (
            int* pa = a,
                pb = b,
                pi = initial,
                pc = c
        )
        {
            VnniTile.Multiply(pa, AStride, rows, pb, Depth, pi, pc, CStride);
        }

        for (var i = 0; i < c.Length; i++)
        {
            var (row, column) = Math.DivRem(i, CStride);
            var expected =
                row < rows && column < VnniTile.Columns
                    ? initial[column] + Dot(a.AsSpan(row * AStride, Depth), b, column)
                    : Untouched;
            Assert.Equal(expected, c[i]);
        }
    }

    [Fact]
    public void A_processor_with_the_wide_instruction_is_recognized()
    {
        Assert.SkipUnless(Simd512.IsSupported && OperatingSystem.IsLinux(), "Another kind of machine.");

        Assert.Equal((X86Base.CpuId(7, 0).Ecx & 1 << 11) != 0, VnniTile.IsSupported);
    }

    /// <summary>Unsigned bytes of a row times signed bytes of a column, modulo 2^32 as the hardware sums.</summary>
    private static int Dot(ReadOnlySpan<int> row, int[] b, int column)
    {
        var sum = 0;
        for (var k = 0; k < row.Length; k++)
        {
            var word = b[(k * VnniTile.Columns) + column];
            for (var bit = 0; bit < 32; bit += 8)
            {
                sum = unchecked(sum + ((row[k] >> bit & 255) * (sbyte)(word >> bit)));
            }
        }

        return sum;
    }
}
