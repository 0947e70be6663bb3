namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>u1[256] high, u2[256] q, u6[16] scales, half d</c>: d (s - 32) (q + 4 h - 4) for 16 groups of 16, q in the order
/// of <see cref="Q2K"/>; h of element i is bit i / 32 of byte i % 32.
/// </summary>
internal sealed class Q3K : IBlockFormat
{
    private const int Bytes = 110;

    public static string Name => "Q3_K";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 108);
            for (var group = 0; group < 16; group++)
            {
                var scale = d * (Scale(blocks.Slice(96, 12), group) - 32);
                var half = group % 2 * 16;
                var high = blocks.Slice(half, 16);
                var q = blocks.Slice(32 + (group / 8 * 32) + half, 16);
                var shift = group % 8 / 2 * 2;
                var bit = group / 2;
                var target = values.Slice(group * 16, 16);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = scale * ((q[i] >> shift & 3) + ((high[i] >> bit & 1) * 4) - 4);
                }
            }
        }
    }

    /// <summary>Four bits in one of the first 8 bytes, the upper two in one of the last 4.</summary>
    private static int Scale(ReadOnlySpan<byte> packed, int group)
    {
        var low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
        return low | ((packed[8 + (group % 4)] >> (group / 4 * 2) & 3) << 4);
    }
}
