using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Quantizes token embeddings by the optimal four-level quantizer of a Gaussian (Max, 1960), levels ±0.4528 and ±1.510
/// deviations, cut at 0.9816: here 3 and 10 times 0.151, which are whole numbers in a product. A scale a token makes its inner products unbiased, scale = |c|² / (c · levels), as in
/// RaBitQ (Gao and Long, 2024). The binary codes, the sign bits of (embedding - mean), have a plane of their own, which
/// a search scans first; a second plane, the magnitude bits and the scale, refines them and is read for candidates
/// only.
/// </summary>
internal sealed class TokenEmbeddingCodec
{
    private const float Cut = 0.9816f;
    private const float Unit = 0.151f;
    private const float Low = TwoBitCodes.Low * Unit;
    private const float High = TwoBitCodes.High * Unit;

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

    /// <summary>
    /// The levels by their magnitude bit, <c>[2]</c>, as <see cref="Prepare"/> has them; the sign bit is set for the
    /// positive.
    /// </summary>
    public static float[] Levels => [TwoBitCodes.Low, TwoBitCodes.High];

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

    /// <summary>
    /// Queries whose products with codes, times the scales of those, are (query · (embedding - mean)), as well as the
    /// codes tell: levels are in units of deviations, which the queries take over.
    /// </summary>
    /// <param name="queries">[queries, dimensions].</param>
    public TwoBitQueries Prepare(ReadOnlySpan<float> queries)
    {
        var stretched = new float[queries.Length];
        for (var at = 0; at < stretched.Length; at += Dimensions)
        {
            var query = stretched.AsSpan(at, Dimensions);
            TensorPrimitives.Multiply(queries.Slice(at, Dimensions), _deviation, query);
            TensorPrimitives.Multiply(query, Unit, query);
        }

        return new TwoBitQueries(stretched, Dimensions);
    }

    /// <summary>The scale in a row of the refinement plane.</summary>
    public float Scale(ReadOnlySpan<byte> residualCodes) => ScaleCode.Read(residualCodes[BinaryCodeBytes..]);

    /// <summary>Restores embedding - mean, <c>[dimensions]</c>, as well as the codes tell.</summary>
    public void Decode(ReadOnlySpan<byte> binaryCodes, ReadOnlySpan<byte> residualCodes, Span<float> centered)
    {
        var scale = Scale(residualCodes);
        ReadOnlySpan<float> low = _low;
        ReadOnlySpan<float> high = _high;
        for (var i = 0; i < binaryCodes.Length; i++)
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
