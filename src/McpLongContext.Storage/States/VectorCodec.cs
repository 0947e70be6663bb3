using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using McpLongContext.Kernels;

namespace McpLongContext.Storage.States;

/// <summary>Quantises the vectors of passages: codes of a fixed size and a scale each.</summary>
internal abstract class VectorCodec(int dimensions)
{
    /// <summary>The width of a vector.</summary>
    public int Dimensions { get; } = dimensions;

    /// <summary>Bytes of a vector's codes.</summary>
    public abstract int Bytes { get; }

    /// <summary>The codec of a segment's version.</summary>
    public static VectorCodec Of(EncoderProfile profile, int version) =>
        version == 1 ? new EightBitVectors(profile.Dimensions) : new ThreeBitVectors(profile);

    /// <summary>Quantises a vector <c>[dimensions]</c>; returns its scale.</summary>
    public abstract float Encode(ReadOnlySpan<float> vector, Span<byte> codes);

    /// <summary>Restores a vector, <c>[dimensions]</c>.</summary>
    public abstract void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> vector);

    /// <summary>products[v] = query · vector[v], from codes <c>[vectors, bytes]</c> and scales <c>[vectors]</c>.</summary>
    public abstract void Dot(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> query,
        Span<float> products
    );
}

/// <summary>The vectors of segments of version 1: a signed byte a dimension, scale = max |x| / 127.</summary>
internal sealed class EightBitVectors(int dimensions) : VectorCodec(dimensions)
{
    public override int Bytes => Dimensions;

    public override float Encode(ReadOnlySpan<float> vector, Span<byte> codes)
    {
        Span<float> scale = stackalloc float[1];
        Int8Vectors.Quantize(vector, MemoryMarshal.Cast<byte, sbyte>(codes), scale);
        return scale[0];
    }

    public override void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> vector)
    {
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(codes), vector);
        TensorPrimitives.Multiply(vector, scale, vector);
    }

    public override void Dot(
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> query,
        Span<float> products
    ) => Int8Vectors.Dot(MemoryMarshal.Cast<byte, sbyte>(codes), scales, query, Dimensions, products);
}
