using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Quantizes token embeddings by the optimal four-level quantizer of a Gaussian (Max, 1960): levels ±0.4528 and ±1.510
/// deviations, cut at 0.9816. A scale a token makes its inner products unbiased, scale = |c|² / (c · levels), as in
/// RaBitQ (Gao and Long, 2024). The binary codes, the sign bits of (embedding - mean), have a plane of their own, which
/// a search scans first; a second plane, the magnitude bits and the scale, refines them and is read for candidates
/// only.
/// </summary>
internal sealed class TokenEmbeddingCodec
{
    private const float Cut = 0.9816f;
    private const float Low = 0.4528f;
    private const float High = 1.510f;

    /// <summary>The bit of each of eight dimensions in a byte of a plane.</summary>
    private static readonly Vector256<int> s_bits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);

    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly float[] _cut;

    /// <summary>The levels of each dimension.</summary>
    private readonly float[] _low;
    private readonly float[] _high;

    /// <summary>The codec of an encoder's token embeddings.</summary>
    /// <exception cref="DatastoreException">The profile has a precision that this program does not know.</exception>
    public TokenEmbeddingCodec(EmbeddingProfile profile)
    {
        if (profile.Precision != EmbeddingPrecision.TwoBit)
        {
            throw new DatastoreException(
                $"The embeddings of encoder '{profile.Key}' have the unknown precision {(int)profile.Precision}. "
                    + "Update the program, or remove the datastore and ingest again."
            );
        }

        Dimensions = profile.Dimensions;
        _mean = profile.Mean.ToArray();
        _deviation = profile.Deviation.ToArray();
        _low = Array.ConvertAll(_deviation, deviation => Low * deviation);
        _high = Array.ConvertAll(_deviation, deviation => High * deviation);
        _cut = Enumerable.Repeat(Cut, profile.Dimensions).ToArray();
    }

    /// <summary>The levels by their magnitude bit, <c>[2]</c>, in deviations; the sign bit is set for the positive.</summary>
    public static float[] Levels => [Low, High];

    /// <summary>The width of an embedding.</summary>
    public int Dimensions { get; }

    /// <summary>Bytes of a token in the binary codes: a bit a dimension, in order from the lowest bit on.</summary>
    public int BinaryCodeBytes => Dimensions / 8;

    /// <summary>Bytes of a token in the refinement plane.</summary>
    public int ResidualCodeBytes => BinaryCodeBytes + ScaleCode.Bytes;

    /// <summary>Quantizes an embedding <c>[dimensions]</c>.</summary>
    public void Encode(ReadOnlySpan<float> embedding, Span<byte> binaryCodes, Span<byte> residualCodes)
    {
        Span<float> centered = stackalloc float[Dimensions];
        Span<float> standard = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(embedding, _mean, centered);
        TensorPrimitives.Divide(centered, _deviation, standard);
        BinaryCodes.Encode(embedding, _mean, binaryCodes);
        TensorPrimitives.Abs(standard, standard);
        BinaryCodes.Encode(standard, _cut, residualCodes[..BinaryCodeBytes]);

        ScaleCode.Write(residualCodes[BinaryCodeBytes..], 1);
        var levels = standard;
        Decode(binaryCodes, residualCodes, levels);
        var norm = TensorPrimitives.SumOfSquares<float>(centered);
        var agreement = TensorPrimitives.Dot(centered, levels);
        ScaleCode.Write(residualCodes[BinaryCodeBytes..], norm > 0 ? norm / agreement : 0);
    }

    /// <summary>Restores embedding - mean, <c>[dimensions]</c>, as well as the codes tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public void Decode(ReadOnlySpan<byte> binaryCodes, ReadOnlySpan<byte> residualCodes, Span<float> centered)
    {
        var scale = ScaleCode.Read(residualCodes[BinaryCodeBytes..]);
        ReadOnlySpan<float> low = _low;
        ReadOnlySpan<float> high = _high;
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var bits = Vector512.Create([
                0x1,
                0x2,
                0x4,
                0x8,
                0x10,
                0x20,
                0x40,
                0x80,
                0x100,
                0x200,
                0x400,
                0x800,
                0x1000,
                0x2000,
                0x4000,
                0x8000,
            ]);
            for (; i + 1 < binaryCodes.Length; i += 2)
            {
                var isHigh = Vector512.Create((int)BinaryPrimitives.ReadUInt16LittleEndian(residualCodes[i..])) & bits;
                var isLow = Vector512.Equals(isHigh, Vector512<int>.Zero).AsSingle();
                var level = Vector512.ConditionalSelect(
                    isLow,
                    Vector512.Create(low[(i * 8)..]),
                    Vector512.Create(high[(i * 8)..])
                );
                var sign = Vector512.Create((int)BinaryPrimitives.ReadUInt16LittleEndian(binaryCodes[i..])) & bits;
                var isNegative = Vector512.Equals(sign, Vector512<int>.Zero).AsSingle();
                (Vector512.ConditionalSelect(isNegative, -level, level) * scale).CopyTo(centered[(i * 8)..]);
            }
        }

        for (; i < binaryCodes.Length; i++)
        {
            var isHigh = Vector256.Equals(Vector256.Create((int)residualCodes[i]) & s_bits, s_bits).AsSingle();
            var isPositive = Vector256.Equals(Vector256.Create((int)binaryCodes[i]) & s_bits, s_bits).AsSingle();
            var level = Vector256.ConditionalSelect(
                isHigh,
                Vector256.Create(high[(i * 8)..]),
                Vector256.Create(low[(i * 8)..])
            );
            (Vector256.ConditionalSelect(isPositive, level, -level) * scale).CopyTo(centered[(i * 8)..]);
        }
    }
}
