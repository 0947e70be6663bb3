using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using McpLongContext.Kernels;

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

    public override void Refine(StateCodec older, ReadOnlySpan<byte> refinement, Span<byte> destination) =>
        refinement.CopyTo(destination);

    public override void Encode(ReadOnlySpan<float> state, Span<byte> signs, Span<byte> refinement)
    {
        Span<float> centred = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(state, _mean, centred);
        SignCodes.Encode(state, _mean, signs);
        Span<float> scale = stackalloc float[1];
        Int8Vectors.Quantize(centred, MemoryMarshal.Cast<byte, sbyte>(refinement[sizeof(float)..]), scale);
        BinaryPrimitives.WriteSingleLittleEndian(refinement, scale[0]);
    }

    public override void Decode(ReadOnlySpan<byte> signs, ReadOnlySpan<byte> refinement, Span<float> centred)
    {
        ReadOnlySpan<sbyte> codes = MemoryMarshal.Cast<byte, sbyte>(refinement[sizeof(float)..]);
        TensorPrimitives.ConvertTruncating(codes, centred);
        TensorPrimitives.Multiply(centred, BinaryPrimitives.ReadSingleLittleEndian(refinement), centred);
    }
}
