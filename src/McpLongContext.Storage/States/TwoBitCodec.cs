using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using McpLongContext.Kernels;

namespace McpLongContext.Storage.States;

/// <summary>
/// The optimal four-level quantiser of a Gaussian (Max, 1960): levels ±0.4528 and ±1.510 deviations, cut at 0.9816.
/// A factor a token makes its inner products unbiased, factor = |c|² / (c · levels), as in RaBitQ (Gao and Long, 2024).
/// Refinement: a magnitude bit a dimension, then the factor.
/// </summary>
internal sealed class TwoBitCodec : StateCodec
{
    private const float Cut = 0.9816f;
    private const float Low = 0.4528f;
    private const float High = 1.510f;

    /// <summary>The levels of four dimensions by their sign bits (low nibble) and magnitude bits (high nibble).</summary>
    private static readonly float[] s_levels = Enumerable
        .Range(0, 256)
        .SelectMany(code => Enumerable.Range(0, 4).Select(bit => Level(code >> bit & 1, code >> (bit + 4) & 1)))
        .ToArray();

    private readonly FactorFormat _factors;
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly float[] _cut;

    public TwoBitCodec(EncoderProfile profile, FactorFormat factors)
        : base(profile.Dimensions)
    {
        _factors = factors;
        _mean = profile.Mean.ToArray();
        _deviation = profile.Deviation.ToArray();
        _cut = Enumerable.Repeat(Cut, profile.Dimensions).ToArray();
    }

    public override int RefinementBytes => (Dimensions / 8) + _factors.Bytes;

    public override void Refine(StateCodec older, ReadOnlySpan<byte> refinement, Span<byte> destination)
    {
        refinement[..SignBytes].CopyTo(destination);
        float factor = ((TwoBitCodec)older)._factors.Read(refinement[SignBytes..]);
        _factors.Write(destination[SignBytes..], factor);
    }

    public override void Encode(ReadOnlySpan<float> state, Span<byte> signs, Span<byte> refinement)
    {
        Span<float> centred = stackalloc float[Dimensions];
        Span<float> standard = stackalloc float[Dimensions];
        TensorPrimitives.Subtract(state, _mean, centred);
        TensorPrimitives.Divide(centred, _deviation, standard);
        SignCodes.Encode(state, _mean, signs);
        TensorPrimitives.Abs(standard, standard);
        SignCodes.Encode(standard, _cut, refinement[..SignBytes]);

        _factors.Write(refinement[SignBytes..], 1);
        Span<float> levels = standard;
        Decode(signs, refinement, levels);
        float norm = TensorPrimitives.SumOfSquares<float>(centred);
        float agreement = TensorPrimitives.Dot(centred, levels);
        _factors.Write(refinement[SignBytes..], norm > 0 ? norm / agreement : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public override void Decode(ReadOnlySpan<byte> signs, ReadOnlySpan<byte> refinement, Span<float> centred)
    {
        ReadOnlySpan<float> levels = s_levels;
        for (int i = 0; i < signs.Length; i++)
        {
            int sign = signs[i];
            int magnitude = refinement[i];
            levels.Slice(((sign & 15) | (magnitude & 15) << 4) * 4, 4).CopyTo(centred[(i * 8)..]);
            levels.Slice((sign >> 4 | (magnitude & 0xF0)) * 4, 4).CopyTo(centred[((i * 8) + 4)..]);
        }

        float factor = _factors.Read(refinement[SignBytes..]);
        TensorPrimitives.Multiply(centred, _deviation, centred);
        TensorPrimitives.Multiply(centred, factor, centred);
    }

    private static float Level(int sign, int magnitude) => (sign == 1 ? 1 : -1) * (magnitude == 1 ? High : Low);
}
