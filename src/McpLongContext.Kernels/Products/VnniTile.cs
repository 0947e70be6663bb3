using System.Runtime.InteropServices;
using static McpLongContext.Kernels.Assembler;

namespace McpLongContext.Kernels;

/// <summary>
/// Six rows by three vectors of 512 bits, each lane summing four bytes at a time: AVX512-VNNI, twice the work of AVX-VNNI
/// in an instruction. .NET 10 has no intrinsic for it, hence machine code, made when it is first needed: a function for
/// each number of rows.
/// </summary>
/// <remarks>
/// Per step 3 loads and 6 broadcasts feed 18 dot products. Only registers that both the calling convention of Windows
/// and that of the others leave to the callee are used, so that nothing is saved.
/// </remarks>
internal readonly unsafe struct VnniTile : ITile<int>
{
    private const int MaxRows = 6;
    private const int Vectors = 3;
    private const int VectorBytes = 64;

    private static readonly nint[]? s_functions = VnniFunctions.Load(MaxRows, Write);

    /// <summary>Whether the machine has the instruction and the system lets us use it.</summary>
    public static bool IsSupported => s_functions is not null;

    public static int Rows => MaxRows;

    public static int Columns => Vectors * VectorBytes / sizeof(int);

    public static void Multiply(int* a, nint aStride, int rows, int* b, int depth, int* initial, int* c, nint cStride)
    {
        var operands = new Operands(a, aStride * sizeof(int), b, depth, initial, c, cStride * sizeof(int));
        var multiply = (delegate* unmanaged[SuppressGCTransition]<Operands*, void>)s_functions![rows - 1];
        multiply(&operands);
    }

    /// <summary>A function of <see cref="Operands"/> for some rows.</summary>
    private static void Write(Assembler to, int rows)
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
            for (var vector = 0; vector < Vectors; vector++)
            {
                to.Load(Sum(row, vector), new Address(Initial, vector * VectorBytes));
            }
        }

        var loop = to.Position;
        for (var vector = 0; vector < Vectors; vector++)
        {
            to.Load(FirstB + vector, new Address(B, vector * VectorBytes));
        }

        for (var row = 0; row < rows; row++)
        {
            var first = row < 3 ? A : FourthRow;
            to.Broadcast(
                Word,
                (row % 3) switch
                {
                    0 => new Address(first),
                    1 => new Address(first, 0, AStride),
                    _ => new Address(first, 0, AStride, 2),
                }
            );
            for (var vector = 0; vector < Vectors; vector++)
            {
                to.DotProduct(Sum(row, vector), Word, FirstB + vector);
            }
        }

        to.AddConstant(A, sizeof(int));
        to.AddConstant(FourthRow, sizeof(int));
        to.AddConstant(B, Vectors * VectorBytes);
        to.DecrementAndLoop(Depth, loop);

        const int C = R11;
        const int CStride = Rdx;
        to.Move(C, new Address(Operands, 40));
        to.Move(CStride, new Address(Operands, 48));
        for (var row = 0; row < rows; row++)
        {
            for (var vector = 0; vector < Vectors; vector++)
            {
                to.Store(Sum(row, vector), new Address(C, vector * VectorBytes));
            }

            to.Add(C, CStride);
        }

        to.ZeroUpper();
        to.Return();
    }

    /// <summary>Registers 16 to 31, then 4 and 5.</summary>
    private static int Sum(int row, int vector)
    {
        const int High = 16;
        var number = (row * Vectors) + vector;
        return number < High ? High + number : 4 + number - High;
    }

    /// <summary>What a function is called with; strides in bytes.</summary>
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
