namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary><c>half d, half m, u4[32] q</c>: d q + m, in the order of <see cref="Q40"/>.</summary>
internal sealed class Q41 : IBlockFormat
{
    private const int Bytes = 20;

    public static string Name => "Q4_1";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var m = BlockBytes.Half(blocks, 2);
            var q = blocks.Slice(4, 16);
            for (var i = 0; i < q.Length; i++)
            {
                values[i] = (d * (q[i] & 15)) + m;
                values[i + 16] = (d * (q[i] >> 4)) + m;
            }
        }
    }
}
