using System.Buffers.Binary;
using System.Numerics;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// <c>half d</c>, then for 8 groups of 32 elements <c>u8[4] point, u7[4] signs, u4 s</c>: d (s + 1/2) / 4 times the
/// coordinates of a point of <see cref="Iq2XxsCodebook"/>, 8 elements a point. A sign bit negates; the eighth makes
/// their number even.
/// </summary>
internal sealed class Iq2Xxs : IBlockFormat
{
    private const int Bytes = 66;

    public static string Name => "IQ2_XXS";

    public static void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], values = values[256..])
        {
            var d = BlockBytes.Half(blocks, 0);
            for (var group = 0; group < 8; group++)
            {
                var points = blocks.Slice(2 + (group * 8), 4);
                var rest = BinaryPrimitives.ReadUInt32LittleEndian(blocks[(6 + (group * 8))..]);
                var scale = d * (0.5f + (rest >> 28)) * 0.25f;
                for (var part = 0; part < points.Length; part++)
                {
                    var binaryCodes = rest >> (7 * part) & 127;
                    binaryCodes |= (uint)(BitOperations.PopCount(binaryCodes) & 1) << 7;
                    var point = Iq2XxsCodebook.Points.Slice(points[part] * 8, 8);
                    var target = values.Slice((group * 32) + (part * 8), 8);
                    for (var i = 0; i < target.Length; i++, binaryCodes >>= 1)
                    {
                        target[i] = (binaryCodes & 1) == 0 ? scale * point[i] : -scale * point[i];
                    }
                }
            }
        }
    }
}
