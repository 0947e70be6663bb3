using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using McpLongContext.Kernels.Search;

namespace McpLongContext.Storage.States;

/// <summary>
/// Quantizes token states by the optimal four-level quantizer of a Gaussian (Max, 1960): levels ±0.4528 and ±1.510 deviations, cut at 0.9816.
/// A factor a token makes its inner products unbiased, factor = |c|² / (c · levels), as in RaBitQ (Gao and Long, 2024).
/// The signs of (state - mean) have a plane of their own, which a search scans first; a second plane, the magnitude bits
/// and the factor, refines them and is read for candidates only.
/// </summary>
internal sealed class StateCodec
{
    private const float Cut = 0.9816f;
    private const float Low = 0.4528f;
    private const float High = 1.510f;

    /// <summary>The levels of four dimensions by their sign bits (low nibble) and magnitude bits (high nibble).</summary>
    private static readonly float[] s_levels = Enumerable
        .Range(0, 256)
        .SelectMany(code => Enumerable.Range(0, 4).Select(bit => Level(code >> bit & 1, code >> (bit + 4) & 1)))
        .ToArray();

    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly float[] _cut;

    /// <summary>The codec of an encoder's token states.</summary>
    /// <exception cref="DatastoreException">The profile has a precision that this program does not know.</exception>
    public StateCodec(EncoderProfile profile)
    {
        if (profile.Precision != StatePrecision.TwoBit)
        {
            throw new DatastoreException(
                $"The states of encoder '{profile.Key}' have the unknown precision {(int)profile.Precision}. "
                    + "Update the program, or remove the datastore and ingest again."
            );
        }

        Dimensions = profile.Dimensions;
        _mean = profile.Mean.ToArray();
        _deviation = profile.Deviation.ToArray();
        _cut = Enumerable.Repeat(Cut, profile.Dimensions).ToArray();
    }

    /// <summary>The width of a state.</summary>
    public int Dimensions { get; }

    /// <summary>Bytes of a token in the sign plane: a bit a dimension, in order from the lowest bit on.</summary>
    public int SignBytes => Dimensions / 8;

    /// <summary>Bytes of a token in the refinement plane.</summary>
    public int RefinementBytes => SignBytes + FactorCode.Bytes;

    /// <summary>Quantizes a state <c>[dimensions]</c>.</summary>
    public void Encode(ReadOnlySpan<float> state, Span<byte> signs, Span<byte> refinement)
    {
        Span<float> centred = stackalloc float[Dimensions];
        Span<float> standard = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(state, _mean, centred);
        TensorPrimitives.Divide(centred, _deviation, standard);
        SignCodes.Encode(state, _mean, signs);
        TensorPrimitives.Abs(standard, standard);
        SignCodes.Encode(standard, _cut, refinement[..SignBytes]);

        FactorCode.Write(refinement[SignBytes..], 1);
        var levels = standard;
        Decode(signs, refinement, levels);
        var norm = TensorPrimitives.SumOfSquares<float>(centred);
        var agreement = TensorPrimitives.Dot(centred, levels);
        FactorCode.Write(refinement[SignBytes..], norm > 0 ? norm / agreement : 0);
    }

    /// <summary>Restores state - mean, <c>[dimensions]</c>, as well as the codes tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public void Decode(ReadOnlySpan<byte> signs, ReadOnlySpan<byte> refinement, Span<float> centred)
    {
        ReadOnlySpan<float> levels = s_levels;
        for (var i = 0; i < signs.Length; i++)
        {
            int sign = signs[i];
            int magnitude = refinement[i];
            levels.Slice(((sign & 15) | (magnitude & 15) << 4) * 4, 4).CopyTo(centred[(i * 8)..]);
            levels.Slice((sign >> 4 | (magnitude & 0xF0)) * 4, 4).CopyTo(centred[((i * 8) + 4)..]);
        }

        var factor = FactorCode.Read(refinement[SignBytes..]);
        TensorPrimitives.Multiply(centred, _deviation, centred);
        TensorPrimitives.Multiply(centred, factor, centred);
    }

    private static float Level(int sign, int magnitude) => (sign == 1 ? 1 : -1) * (magnitude == 1 ? High : Low);
}
