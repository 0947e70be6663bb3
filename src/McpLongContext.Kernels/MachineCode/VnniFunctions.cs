using System.Runtime.Intrinsics.X86;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.MachineCode;

/// <summary>The functions of a register tile in machine code with AVX512-VNNI, one for each number of rows.</summary>
internal static unsafe class VnniFunctions
{
    private const int Leaf = 7;
    private const int VnniBit = 11;

    /// <summary>
    /// Addresses of the functions, [rows - 1]; null where the machine lacks the instruction or the system does not let
    /// us make code.
    /// </summary>
    /// <param name="maxRows">The most rows of the tile.</param>
    /// <param name="write">Writes the function for a number of rows.</param>
    public static nint[]? Load(int maxRows, Action<Assembler, int> write)
    {
        if (!Simd512.IsSupported || (X86Base.CpuId(Leaf, 0).Ecx >> VnniBit & 1) == 0)
        {
            return null;
        }

        var assembler = new Assembler();
        var starts = new int[maxRows];
        for (var rows = 1; rows <= maxRows; rows++)
        {
            starts[rows - 1] = assembler.Position;
            write(assembler, rows);
        }

        var code = ExecutableMemory.TryLoad(assembler.Code);
        return code is null ? null : Array.ConvertAll(starts, start => (nint)code + start);
    }
}
