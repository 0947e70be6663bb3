using System.Runtime.InteropServices;
using McpLongContext.Kernels.MachineCode;
using static McpLongContext.Kernels.MachineCode.Assembler;

namespace McpLongContext.Kernels.Products;

/// <summary>
/// The machine code of the register tiles with AVX512-VNNI, made when a tile is first needed: a function for each
/// number of rows.
/// </summary>
/// <remarks>
/// Only registers that both the calling convention of Windows and that of the others leave to the callee are used, so
/// that nothing is saved: 22 of the vector registers, 18 of them for sums.
/// </remarks>
internal static unsafe class VnniTileCode
{
    /// <summary>Sums in a vector.</summary>
    public const int Lanes = VectorBytes / sizeof(int);

    private const int VectorBytes = 64;

    /// <summary>The functions of a tile, or null: see <see cref="VnniFunctions.Load"/>.</summary>
    /// <param name="rows">The most rows of the tile, up to 9.</param>
    /// <param name="vectors">The tile's columns in vectors, 1 to 3; at most 18 vectors in all.</param>
    public static nint[]? Load(int rows, int vectors) =>
        VnniFunctions.Load(rows, (to, count) => Write(to, count, vectors));

    /// <summary>Runs a function on what <see cref="ITile{TElement}.Multiply"/> gets.</summary>
    public static void Run(nint function, int* a, nint aStride, int* b, int depth, int* initial, int* c, nint cStride)
    {
        var operands = new Operands(a, aStride * sizeof(int), b, depth, initial, c, cStride * sizeof(int));
        var multiply = (delegate* unmanaged[SuppressGCTransition]<Operands*, void>)function;
        multiply(&operands);
    }

    /// <summary>A function of <see cref="Operands"/> for some rows.</summary>
    private static void Write(Assembler to, int rows, int vectors)
    {
        const int Word = 0;
        const int FirstB = 1;
        const int Operands = Rcx;
        const int A = Rax;
        const int AStride = Rdx;
        const int FourthRow = R8;
        const int B = R9;
        const int Depth = R10;
        const int Initial = R11;
        const int SeventhRow = R11;

        if (!OperatingSystem.IsWindows())
        {
            to.Move(Operands, Rdi);
        }

        to.Move(A, new Address(Operands, 0));
        to.Move(AStride, new Address(Operands, 8));
        to.LoadAddress(FourthRow, new Address(AStride, 0, AStride, 2));
        to.Add(FourthRow, A);
        to.Move(B, new Address(Operands, 16));
        to.Move(Depth, new Address(Operands, 24));
        to.Move(Initial, new Address(Operands, 32));
        for (var row = 0; row < rows; row++)
        {
            for (var vector = 0; vector < vectors; vector++)
            {
                to.Load(Sum((row * vectors) + vector), new Address(Initial, vector * VectorBytes));
            }
        }

        if (rows > 6)
        {
            to.LoadAddress(SeventhRow, new Address(AStride, 0, AStride, 2));
            to.Add(SeventhRow, FourthRow);
        }

        var loop = to.Position;
        for (var vector = 0; vector < vectors; vector++)
        {
            to.Load(FirstB + vector, new Address(B, vector * VectorBytes));
        }

        for (var row = 0; row < rows; row++)
        {
            var first = (row / 3) switch
            {
                0 => A,
                1 => FourthRow,
                _ => SeventhRow,
            };
            to.Broadcast(
                Word,
                (row % 3) switch
                {
                    0 => new Address(first),
                    1 => new Address(first, 0, AStride),
                    _ => new Address(first, 0, AStride, 2),
                }
            );
            for (var vector = 0; vector < vectors; vector++)
            {
                to.DotProduct(Sum((row * vectors) + vector), Word, FirstB + vector);
            }
        }

        to.AddConstant(A, sizeof(int));
        to.AddConstant(FourthRow, sizeof(int));
        if (rows > 6)
        {
            to.AddConstant(SeventhRow, sizeof(int));
        }

        to.AddConstant(B, vectors * VectorBytes);
        to.DecrementAndLoop(Depth, loop);

        const int C = R11;
        const int CStride = Rdx;
        to.Move(C, new Address(Operands, 40));
        to.Move(CStride, new Address(Operands, 48));
        for (var row = 0; row < rows; row++)
        {
            for (var vector = 0; vector < vectors; vector++)
            {
                to.Store(Sum((row * vectors) + vector), new Address(C, vector * VectorBytes));
            }

            to.Add(C, CStride);
        }

        to.ZeroUpper();
        to.Return();
    }

    /// <summary>Registers 16 to 31, then 4 and 5.</summary>
    private static int Sum(int number)
    {
        const int High = 16;
        return number < High ? High + number : 4 + number - High;
    }

    /// <summary>The arguments of a function; strides in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Operands(
        nint A,
        nint AStride,
        nint B,
        nint Depth,
        nint Initial,
        nint C,
        nint CStride
    )
    {
        public Operands(int* a, nint aStride, int* b, int depth, int* initial, int* c, nint cStride)
            : this((nint)a, aStride, (nint)b, depth, (nint)initial, (nint)c, cStride) { }
    }
}
