namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>u8[16] scales, u2[256] q, half d, half min</c>: d s q - min m for 16 groups of 16, s the low and m the high half
/// of the group's byte. Of each 128 elements, a byte holds four that are 32 apart.
/// </summary>
internal sealed class Q2K : IBlockFormat
{
    private const int Bytes = 84;

    public static string Name => "Q2_K";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 80);
            var min = BlockBytes.Half(blocks, 82);
            for (var group = 0; group < 16; group++)
            {
                var scale = d * (blocks[group] & 15);
                var offset = min * (blocks[group] >> 4);
                var q = blocks.Slice(16 + (group / 8 * 32) + (group % 2 * 16), 16);
                var shift = group % 8 / 2 * 2;
                var target = values.Slice(group * 16, 16);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = (scale * (q[i] >> shift & 3)) - offset;
                }
            }
        }
    }
}
