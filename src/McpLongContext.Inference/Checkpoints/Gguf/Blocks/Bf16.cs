using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>The upper halves of fp32 numbers.</summary>
internal sealed class Bf16 : IBlockFormat
{
    public static string Name => "BF16";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (var i = 0; i < halves.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }
}
