namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d, u4[32] q</c>: d times step q of <see cref="BlockBytes.NonLinear"/>, in the order of <see cref="Q40"/>.
/// </summary>
internal sealed class Iq4Nl : IBlockFormat
{
    private const int Bytes = 18;

    public static string Name => "IQ4_NL";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[32..])
        {
            var d = BlockBytes.Half(blocks, 0);
            var q = blocks.Slice(2, 16);
            for (var i = 0; i < q.Length; i++)
            {
                values[i] = d * BlockBytes.NonLinear[q[i] & 15];
                values[i + 16] = d * BlockBytes.NonLinear[q[i] >> 4];
            }
        }
    }
}
