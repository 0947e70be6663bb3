using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>fp32 as it is.</summary>
internal sealed class F32 : IBlockFormat
{
    public static string Name => "F32";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values) =>
        blocks.CopyTo(MemoryMarshal.AsBytes(values));
}
