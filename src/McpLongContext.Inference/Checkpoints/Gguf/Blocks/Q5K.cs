namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, half min, u6[8 + 8] scales and minima, u1[256] high, u4[256] q</c>: d s (q + 16 h) - min m, as
/// <see cref="Q4K"/>; h of element i is bit i / 32 of byte i % 32.
/// </summary>
internal sealed class Q5K : IBlockFormat
{
    private const int Bytes = 176;

    public static string Name => "Q5_K";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var min = BlockBytes.Half(blocks, 2);
            var high = blocks.Slice(16, 32);
            for (var group = 0; group < 8; group++)
            {
                var (s, m) = BlockBytes.ScaleAndMin(blocks.Slice(4, 12), group);
                var scale = d * s;
                var offset = min * m;
                var q = blocks.Slice(48 + (group / 2 * 32), 32);
                var shift = group % 2 * 4;
                var target = values.Slice(group * 32, 32);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = (scale * ((q[i] >> shift & 15) | ((high[i] >> group & 1) << 4))) - offset;
                }
            }
        }
    }
}
