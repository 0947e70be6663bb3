namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>u4[256] low, u2[256] high, i8[16] scales, half d</c>: d s (low + 16 high - 32) for 16 groups of 16. Of each 128
/// elements, 64 bytes hold the low parts (the first 64 elements in their low halves) and 32 bytes the high ones, four
/// elements that are 32 apart in a byte.
/// </summary>
internal sealed class Q6K : IBlockFormat
{
    private const int Bytes = 210;

    public static string Name => "Q6_K";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 208);
            for (var group = 0; group < 16; group++)
            {
                var scale = d * (sbyte)blocks[192 + group];
                var first = group % 8 * 16;
                var low = blocks.Slice((group / 8 * 64) + (first % 64), 16);
                var lowShift = first / 64 * 4;
                var high = blocks.Slice(128 + (group / 8 * 32) + (first % 32), 16);
                var highShift = first / 32 * 2;
                var target = values.Slice(group * 16, 16);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = scale * (((low[i] >> lowShift & 15) | ((high[i] >> highShift & 3) << 4)) - 32);
                }
            }
        }
    }
}
