namespace McpLongContext.Bits.Coding;

/// <summary>
/// The interval arithmetic that <see cref="ArithmeticEncoder"/> and <see cref="ArithmeticDecoder"/> share: binary
/// arithmetic coding (Witten, Neal and Cleary, "Arithmetic Coding for Data Compression", 1987) with an interval of 32
/// bits from which whole bytes are shifted out as soon as they are certain.
/// </summary>
internal static class ArithmeticCode
{
    /// <summary>The last value of the lower part of an interval, which stands for a 1.</summary>
    /// <param name="low">First value of the interval.</param>
    /// <param name="high">Last value of the interval.</param>
    /// <param name="probability">Of a 1, in units of 2^-<see cref="Probability.Bits"/>.</param>
    public static uint Split(uint low, uint high, int probability) =>
        low + (uint)(((ulong)(high - low) * (uint)probability) >> Probability.Bits);

    /// <summary>Whether the first byte of all values of the interval is the same.</summary>
    public static bool HasCertainByte(uint low, uint high) => ((low ^ high) & 0xFF000000) == 0;
}
