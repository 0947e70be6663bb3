using System.Buffers.Binary;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>Operations that several block formats share.</summary>
internal static class BlockBytes
{
    /// <summary>The 16 steps of the 4-bit formats that are not linear (IQ4_NL, IQ4_XS).</summary>
    public static ReadOnlySpan<sbyte> NonLinear =>
        [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>A half at an offset.</summary>
    public static float Half(ReadOnlySpan<byte> block, int offset) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(block[offset..]);

    /// <summary>
    /// Scale or minimum <paramref name="index"/> of the 8 + 8 that Q4_K and Q5_K keep in 12 bytes, 6 bits each: the
    /// first four of either kind in the low bits of a byte; of the others four bits in the last bytes, the upper two in
    /// the first bytes' upper bits.
    /// </summary>
    public static (int Scale, int Min) ScaleAndMin(ReadOnlySpan<byte> packed, int index) =>
        index < 4
            ? (packed[index] & 63, packed[index + 4] & 63)
            : (
                (packed[index + 4] & 15) | (packed[index - 4] >> 6 << 4),
                (packed[index + 4] >> 4) | (packed[index] >> 6 << 4)
            );
}
