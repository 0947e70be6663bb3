namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// The scale of a token in a byte: 0 for none, otherwise its logarithm, scale = 2^((code - 128) / 64), from 1/4 to 4
/// in steps of 1.1%. Scales lie near 1, and the two-bit levels err by far more.
/// </summary>
internal static class ScaleCode
{
    /// <summary>Bytes of a scale.</summary>
    public const int Bytes = 1;

    private const int One = 128;
    private const int StepsPerOctave = 64;

    private static readonly float[] s_scales = Enumerable
        .Range(0, 256)
        .Select(code => code == 0 ? 0 : MathF.Pow(2, (code - One) / (float)StepsPerOctave))
        .ToArray();

    /// <summary>The scales by their codes, <c>[256]</c>.</summary>
    public static float[] Scales => [.. s_scales];

    public static float Read(ReadOnlySpan<byte> source) => s_scales[source[0]];

    public static void Write(Span<byte> destination, float scale) =>
        destination[0] =
            scale > 0
                ? (byte)Math.Clamp(One + MathF.Round(MathF.Log2(scale) * StepsPerOctave), 1, byte.MaxValue)
                : (byte)0;
}
