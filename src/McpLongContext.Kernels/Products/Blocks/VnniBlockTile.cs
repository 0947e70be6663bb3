using System.Runtime.InteropServices;
using McpLongContext.Kernels.MachineCode;
using static McpLongContext.Kernels.MachineCode.Assembler;

namespace McpLongContext.Kernels.Products.Blocks;

/// <summary>
/// Up to nine rows of X times a panel of W with vectors of 512 bits: AVX512-VNNI in machine code, as
/// <see cref="VnniTile"/>. The integer sums of a block, the scaled sums of all blocks and the operands stay in
/// registers throughout.
/// </summary>
/// <remarks>
/// Per word of 4 inputs one load of weights feeds nine dot products, whose activations are broadcast as they are read.
/// Of each vector register only those are used that no calling convention asks to preserve: 0 to 5 and 16 to 31.
/// </remarks>
internal static unsafe class VnniBlockTile
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 9;

    private const int VectorBytes = 64;

    private static readonly nint[]? s_functions = VnniFunctions.Load(Rows, Write);

    /// <summary>Whether the machine has the instruction and the system lets us use it.</summary>
    public static bool IsSupported => s_functions is not null;

    /// <summary>tile = X W^T.</summary>
    /// <param name="x">The records of the rows, [rows, blocks].</param>
    /// <param name="rows">1 to <see cref="Rows"/>.</param>
    /// <param name="panel">[blocks] of W.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="tile">[rows, 16]: receives the products.</param>
    public static void Multiply(sbyte* x, int rows, byte* panel, int blocks, float* tile)
    {
        var operands = new Operands((nint)x, (nint)blocks * Int8BlockRows.RecordBytes, (nint)panel, blocks, (nint)tile);
        var multiply = (delegate* unmanaged[SuppressGCTransition]<Operands*, void>)s_functions![rows - 1];
        multiply(&operands);
    }

    /// <summary>A function of <see cref="Operands"/> for some rows.</summary>
    private static void Write(Assembler to, int rows)
    {
        const int Operands = Rcx;
        const int X = Rax;
        const int Stride = Rdx;
        const int FourthRow = R8;
        const int SeventhRow = R9;
        const int Panel = R10;
        const int Blocks = R11;
        const int Weights = 0;
        const int Scales = 1;

        if (!OperatingSystem.IsWindows())
        {
            to.Move(Operands, Rdi);
        }

        to.Move(X, new Address(Operands, 0));
        to.Move(Stride, new Address(Operands, 8));
        to.LoadAddress(FourthRow, new Address(Stride, 0, Stride, 2));
        to.Move(SeventhRow, FourthRow);
        to.Add(FourthRow, X);
        to.Add(SeventhRow, FourthRow);
        to.Move(Panel, new Address(Operands, 16));
        to.Move(Blocks, new Address(Operands, 24));
        for (var row = 0; row < rows; row++)
        {
            to.Clear(Total(row));
        }

        var loop = to.Position;
        for (var row = 0; row < rows; row++)
        {
            to.Broadcast(Sum(row), In(row, Int8BlockRows.OffsetAt));
        }

        for (var word = 0; word < Int8BlockMatrix.BlockWords; word++)
        {
            to.Load(Weights, new Address(Panel, word * VectorBytes));
            for (var row = 0; row < rows; row++)
            {
                to.DotProduct(Sum(row), Weights, In(row, word * sizeof(int)));
            }
        }

        to.Load(Scales, new Address(Panel, Int8BlockMatrix.CodeBytes));
        for (var row = 0; row < rows; row++)
        {
            to.ToFloat(Sum(row));
            to.Multiply(Sum(row), Scales);
            to.MultiplyAdd(Total(row), Sum(row), In(row, Int8BlockRows.ScaleAt));
        }

        to.AddConstant(X, Int8BlockRows.RecordBytes);
        to.AddConstant(FourthRow, Int8BlockRows.RecordBytes);
        to.AddConstant(SeventhRow, Int8BlockRows.RecordBytes);
        to.AddConstant(Panel, Int8BlockMatrix.BlockBytes);
        to.DecrementAndLoop(Blocks, loop);

        const int Tile = R11;
        to.Move(Tile, new Address(Operands, 32));
        for (var row = 0; row < rows; row++)
        {
            to.Store(Total(row), new Address(Tile, row * VectorBytes));
        }

        to.ZeroUpper();
        to.Return();

        static Address In(int row, int displacement)
        {
            var first = (row / 3) switch
            {
                0 => X,
                1 => FourthRow,
                _ => SeventhRow,
            };
            return (row % 3) switch
            {
                0 => new Address(first, displacement),
                1 => new Address(first, displacement, Stride),
                _ => new Address(first, displacement, Stride, 2),
            };
        }
    }

    /// <summary>Registers 16 to 24: the integers of a block.</summary>
    private static int Sum(int row) => 16 + row;

    /// <summary>Registers 25 to 31, then 4 and 5: the floats of all blocks.</summary>
    private static int Total(int row) => row < 7 ? 25 + row : row - 3;

    /// <summary>The arguments of a function; the stride in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Operands(nint X, nint Stride, nint Panel, nint Blocks, nint Tile);
}
