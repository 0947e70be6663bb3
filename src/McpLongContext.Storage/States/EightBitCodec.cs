using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace McpLongContext.Storage.States;

/// <summary>
/// Symmetric 8-bit quantisation with a scale a token, max|c| / 127. Refinement: the scale as a 32-bit float, then a
/// signed byte a dimension.
/// </summary>
internal sealed class EightBitCodec : StateCodec
{
    private readonly float[] _mean;

    public EightBitCodec(EncoderProfile profile)
        : base(profile.Dimensions)
    {
        _mean = profile.Mean.ToArray();
    }

    public override int RefinementBytes => sizeof(float) + Dimensions;

    public override void Encode(ReadOnlySpan<float> state, Span<byte> signs, Span<byte> refinement)
    {
        Span<float> centred = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(state, _mean, centred);
        EncodeSigns(centred, signs);
        float scale = Quantize(centred, MemoryMarshal.Cast<byte, sbyte>(refinement[sizeof(float)..]));
        BinaryPrimitives.WriteSingleLittleEndian(refinement, scale);
    }

    public override void Decode(ReadOnlySpan<byte> signs, ReadOnlySpan<byte> refinement, Span<float> centred)
    {
        ReadOnlySpan<sbyte> codes = MemoryMarshal.Cast<byte, sbyte>(refinement[sizeof(float)..]);
        TensorPrimitives.ConvertTruncating(codes, centred);
        TensorPrimitives.Multiply(centred, BinaryPrimitives.ReadSingleLittleEndian(refinement), centred);
    }

    /// <summary>Writes values / scale, rounded, and returns the scale max|value| / 127.</summary>
    public static float Quantize(ReadOnlySpan<float> values, Span<sbyte> codes)
    {
        float scale =
            TensorPrimitives.MaxMagnitude(values) is var largest && largest != 0 ? Math.Abs(largest) / 127 : 1;
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round(values[i] / scale);
        }

        return scale;
    }
}
