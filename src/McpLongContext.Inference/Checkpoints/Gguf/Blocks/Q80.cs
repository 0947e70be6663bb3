namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary><c>half d, i8[32] q</c>: d q.</summary>
internal sealed class Q80 : IBlockFormat
{
    private const int Bytes = 34;

    public static string Name => "Q8_0";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var q = blocks.Slice(2, 32);
            for (var i = 0; i < q.Length; i++)
            {
                values[i] = d * (sbyte)q[i];
            }
        }
    }
}
