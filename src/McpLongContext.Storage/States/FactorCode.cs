namespace McpLongContext.Storage.States;

/// <summary>
/// The factor of a token in a byte: 0 for none, otherwise its logarithm, factor = 2^((code - 128) / 64), from 1/4 to 4 in
/// steps of 1.1%. Factors lie near 1, and the two-bit levels err by far more.
/// </summary>
internal static class FactorCode
{
    /// <summary>Bytes of a factor.</summary>
    public const int Bytes = 1;

    private const int One = 128;
    private const int StepsPerOctave = 64;

    private static readonly float[] s_factors = Enumerable
        .Range(0, 256)
        .Select(code => code == 0 ? 0 : MathF.Pow(2, (code - One) / (float)StepsPerOctave))
        .ToArray();

    public static float Read(ReadOnlySpan<byte> source) => s_factors[source[0]];

    public static void Write(Span<byte> destination, float factor) =>
        destination[0] =
            factor > 0
                ? (byte)Math.Clamp(One + MathF.Round(MathF.Log2(factor) * StepsPerOctave), 1, byte.MaxValue)
                : (byte)0;
}
