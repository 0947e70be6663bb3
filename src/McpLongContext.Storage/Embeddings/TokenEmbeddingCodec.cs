using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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

    /// <summary>
    /// The levels of four dimensions by their sign bits (low nibble) and magnitude bits (high nibble).
    /// </summary>
    private static readonly float[] s_levels = Enumerable
        .Range(0, 256)
        .SelectMany(code => Enumerable.Range(0, 4).Select(bit => Level(code >> bit & 1, code >> (bit + 4) & 1)))
        .ToArray();

    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly float[] _cut;

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
        ReadOnlySpan<float> levels = s_levels;
        for (var i = 0; i < binaryCodes.Length; i++)
        {
            int sign = binaryCodes[i];
            int magnitude = residualCodes[i];
            levels.Slice(((sign & 15) | (magnitude & 15) << 4) * 4, 4).CopyTo(centered[(i * 8)..]);
            levels.Slice((sign >> 4 | (magnitude & 0xF0)) * 4, 4).CopyTo(centered[((i * 8) + 4)..]);
        }

        var scale = ScaleCode.Read(residualCodes[BinaryCodeBytes..]);
        TensorPrimitives.Multiply(centered, _deviation, centered);
        TensorPrimitives.Multiply(centered, scale, centered);
    }

    private static float Level(int sign, int magnitude) => (sign == 1 ? 1 : -1) * (magnitude == 1 ? High : Low);
}
