using System.Buffers.Binary;

namespace McpLongContext.Storage.States;

/// <summary>How the factor of a token is kept; factors lie near 1.</summary>
internal abstract class FactorFormat
{
    /// <summary>A 16-bit float, in segments of version 1.</summary>
    public static FactorFormat Half { get; } = new HalfFactor();

    /// <summary>
    /// A byte: 0 for none, otherwise its logarithm, factor = 2^((code - 128) / 64), from 1/4 to 4 in steps of 1.1%.
    /// The two-bit levels err by far more.
    /// </summary>
    public static FactorFormat Byte { get; } = new ByteFactor();

    public abstract int Bytes { get; }

    public abstract float Read(ReadOnlySpan<byte> source);

    public abstract void Write(Span<byte> destination, float factor);

    private sealed class HalfFactor : FactorFormat
    {
        public override int Bytes => 2;

        public override float Read(ReadOnlySpan<byte> source) => (float)BinaryPrimitives.ReadHalfLittleEndian(source);

        public override void Write(Span<byte> destination, float factor) =>
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)factor);
    }

    private sealed class ByteFactor : FactorFormat
    {
        private const int One = 128;
        private const int StepsPerOctave = 64;

        private static readonly float[] s_factors = Enumerable
            .Range(0, 256)
            .Select(code => code == 0 ? 0 : MathF.Pow(2, (code - One) / (float)StepsPerOctave))
            .ToArray();

        public override int Bytes => 1;

        public override float Read(ReadOnlySpan<byte> source) => s_factors[source[0]];

        public override void Write(Span<byte> destination, float factor) =>
            destination[0] =
                factor > 0
                    ? (byte)Math.Clamp(One + MathF.Round(MathF.Log2(factor) * StepsPerOctave), 1, byte.MaxValue)
                    : (byte)0;
    }
}
