namespace McpLongContext.Kernels.Products;

/// <summary>
/// Six rows by three vectors of 512 bits, each lane summing four bytes at a time: AVX512-VNNI, twice the work of
/// AVX-VNNI in an instruction. .NET 10 has no intrinsic for it, hence machine code: <see cref="VnniTileCode"/>.
/// </summary>
/// <remarks>Per step 3 loads and 6 broadcasts feed 18 dot products.</remarks>
internal readonly unsafe struct VnniTile : ITile<int>
{
    private const int Vectors = 3;

    private static readonly nint[]? s_functions = VnniTileCode.Load(Rows, Vectors);

    /// <summary>Whether the machine has the instruction and the system lets us use it.</summary>
    public static bool IsSupported => s_functions is not null;

    public static int Rows => 6;

    public static int Columns => Vectors * VnniTileCode.Lanes;

    public static void Multiply(
        int* a,
        nint aStride,
        int rows,
        int* b,
        int depth,
        int* initial,
        int* c,
        nint cStride
    ) => VnniTileCode.Run(s_functions![rows - 1], a, aStride, b, depth, initial, c, cStride);
}
