using System.Buffers.Binary;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary><c>half d, half m, u32 high, u4[32] q</c>: d (q + 16 h) + m, in the order of <see cref="Q50"/>.</summary>
internal sealed class Q51 : IBlockFormat
{
    private const int Bytes = 24;

    public static string Name => "Q5_1";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var m = BlockBytes.Half(blocks, 2);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]);
            var q = blocks.Slice(8, 16);
            for (var i = 0; i < q.Length; i++, high >>= 1)
            {
                values[i] = (d * ((q[i] & 15) | (int)((high & 1) << 4))) + m;
                values[i + 16] = (d * ((q[i] >> 4) | (int)((high >> 16 & 1) << 4))) + m;
            }
        }
    }
}
