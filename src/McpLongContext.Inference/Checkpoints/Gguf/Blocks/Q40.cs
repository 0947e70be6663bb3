namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, u4[32] q</c>: d (q - 8). Element i is in the low half of byte i, element i + 16 in its high half.
/// </summary>
internal sealed class Q40 : IBlockFormat
{
    private const int Bytes = 18;

    public static string Name => "Q4_0";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var q = blocks.Slice(2, 16);
            for (var i = 0; i < q.Length; i++)
            {
                values[i] = d * ((q[i] & 15) - 8);
                values[i + 16] = d * ((q[i] >> 4) - 8);
            }
        }
    }
}
