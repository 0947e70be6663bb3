namespace McpLongContext.Kernels.Products;

/// <summary>
/// Eight rows by two vectors of 512 bits with AVX512-VNNI, in machine code as <see cref="VnniTile"/>: for outputs as
/// narrow as an attention head, where three vectors would be padding.
/// </summary>
/// <remarks>Per step 2 loads and 8 broadcasts feed 16 dot products.</remarks>
internal readonly unsafe struct VnniTile8x2 : ITile<int>
{
    private const int Vectors = 2;

    private static readonly nint[]? s_functions = VnniTileCode.Load(Rows, Vectors);

    /// <summary>Whether the machine has the instruction and the system lets us use it.</summary>
    public static bool IsSupported => s_functions is not null;

    public static int Rows => 8;

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
