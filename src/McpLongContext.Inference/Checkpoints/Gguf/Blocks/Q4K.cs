namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, half min, u6[8 + 8] scales and minima, u4[256] q</c>: d s q - min m for 8 groups of 32. Two groups share
/// 32 bytes: the first has their low halves, the second the high ones.
/// </summary>
internal sealed class Q4K : IBlockFormat
{
    private const int Bytes = 144;

    public static string Name => "Q4_K";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var min = BlockBytes.Half(blocks, 2);
            for (var group = 0; group < 8; group++)
            {
                var (s, m) = BlockBytes.ScaleAndMin(blocks.Slice(4, 12), group);
                var scale = d * s;
                var offset = min * m;
                var q = blocks.Slice(16 + (group / 2 * 32), 32);
                var shift = group % 2 * 4;
                var target = values.Slice(group * 32, 32);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = (scale * (q[i] >> shift & 15)) - offset;
                }
            }
        }
    }
}
