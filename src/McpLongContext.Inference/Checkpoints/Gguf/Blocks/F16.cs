using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>IEEE halves.</summary>
internal sealed class F16 : IBlockFormat
{
    public static string Name => "F16";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values) =>
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(blocks), values);
}
