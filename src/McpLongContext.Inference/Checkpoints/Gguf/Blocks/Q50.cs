using System.Buffers.Binary;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, u32 high, u4[32] q</c>: d (q + 16 h - 16) with bit i of <c>high</c> as h of element i, in the order of
/// <see cref="Q40"/>.
/// </summary>
internal sealed class Q50 : IBlockFormat
{
    private const int Bytes = 22;

    public static string Name => "Q5_0";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]);
            var q = blocks.Slice(6, 16);
            for (var i = 0; i < q.Length; i++, high >>= 1)
            {
                values[i] = d * (((q[i] & 15) | (int)((high & 1) << 4)) - 16);
                values[i + 16] = d * (((q[i] >> 4) | (int)((high >> 16 & 1) << 4)) - 16);
            }
        }
    }
}
