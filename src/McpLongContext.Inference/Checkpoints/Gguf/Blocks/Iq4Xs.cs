using System.Buffers.Binary;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, u2[8] high, u4[8] low, u4[256] q</c>: d (low + 16 high - 32) times step q of
/// <see cref="BlockBytes.NonLinear"/> for 8 groups of 32, each in the order of <see cref="Q40"/>.
/// </summary>
internal sealed class Iq4Xs : IBlockFormat
{
    private const int Bytes = 136;

    public static string Name => "IQ4_XS";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var high = BinaryPrimitives.ReadUInt16LittleEndian(blocks[2..]);
            for (var group = 0; group < 8; group++)
            {
                var low = blocks[4 + (group / 2)] >> (group % 2 * 4) & 15;
                var scale = d * ((low | ((high >> (2 * group) & 3) << 4)) - 32);
                var q = blocks.Slice(8 + (group * 16), 16);
                var target = values.Slice(group * 32, 32);
                for (var i = 0; i < q.Length; i++)
                {
                    target[i] = scale * BlockBytes.NonLinear[q[i] & 15];
                    target[i + 16] = scale * BlockBytes.NonLinear[q[i] >> 4];
                }
            }
        }
    }
}
