namespace McpLongContext.Bits.Streams;

/// <summary>
/// Bytes as bits, the most significant first, with or without a parity bit after each byte: the sum of its eight bits
/// modulo 2. A bit is a byte of value 0 or 1.
/// </summary>
public static class ByteBits
{
    /// <summary>Bits of a byte.</summary>
    public const int Payload = 8;

    /// <summary>Bits of a byte and its parity bit.</summary>
    public const int WithParity = Payload + 1;

    /// <summary>Bits that stand for a byte.</summary>
    /// <param name="parity">Whether a parity bit follows each byte.</param>
    public static int PerByte(bool parity) => parity ? WithParity : Payload;

    /// <summary>Writes bytes as bits.</summary>
    /// <param name="bytes">[n].</param>
    /// <param name="parity">Whether a parity bit follows each byte.</param>
    /// <param name="bits">[n * 8], with parity [n * 9].</param>
    /// <exception cref="ArgumentException">There is room for more or fewer bits.</exception>
    public static void Write(ReadOnlySpan<byte> bytes, bool parity, Span<byte> bits)
    {
        var period = PerByte(parity);
        if (bits.Length != (long)bytes.Length * period)
        {
            throw new ArgumentException(
                $"room for {bits.Length} bits found, expected {period} for each of {bytes.Length} bytes.",
                nameof(bits)
            );
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var target = bits.Slice(i * period, period);
            for (var bit = 0; bit < Payload; bit++)
            {
                target[bit] = (byte)((bytes[i] >> (Payload - 1 - bit)) & 1);
            }

            if (parity)
            {
                target[Payload] = ParityOf(bytes[i]);
            }
        }
    }

    /// <summary>Bytes as bits.</summary>
    /// <param name="bytes">[n].</param>
    /// <param name="parity">Whether a parity bit follows each byte.</param>
    /// <returns>[n * 8], with parity [n * 9].</returns>
    public static byte[] Of(ReadOnlySpan<byte> bytes, bool parity)
    {
        var bits = new byte[checked(bytes.Length * PerByte(parity))];
        Write(bytes, parity, bits);
        return bits;
    }

    /// <summary>The bytes that bits stand for.</summary>
    /// <param name="bits">[n * 8], with parity [n * 9].</param>
    /// <param name="parity">Whether a parity bit follows each byte.</param>
    /// <returns>[n].</returns>
    /// <exception cref="BitFormatException">
    /// The bits are no whole bytes, something is no bit, or a parity bit is wrong; the message locates it.
    /// </exception>
    public static byte[] ToBytes(ReadOnlySpan<byte> bits, bool parity)
    {
        RequireBits(bits);
        var period = PerByte(parity);
        if (bits.Length % period != 0)
        {
            throw new BitFormatException(
                $"{bits.Length} bits found, expected a multiple of {period}, the bits of a byte"
                    + (parity ? " and its parity bit." : ".")
            );
        }

        if (parity && ParityErrors(bits) is { Count: > 0 } errors)
        {
            throw new BitFormatException(
                $"wrong parity in {errors.Count} of {bits.Length / period} bytes, the first at byte {errors[0]} (bits "
                    + $"{errors[0] * period} to {(errors[0] * period) + period - 1})."
            );
        }

        var bytes = new byte[bits.Length / period];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = ByteAt(bits[(i * period)..]);
        }

        return bytes;
    }

    /// <summary>The bytes, from 0, whose parity bit is not that of their bits.</summary>
    /// <param name="bits">[n * 9].</param>
    /// <exception cref="BitFormatException">The bits are no whole bytes with parity.</exception>
    public static IReadOnlyList<int> ParityErrors(ReadOnlySpan<byte> bits)
    {
        if (bits.Length % WithParity != 0)
        {
            throw new BitFormatException(
                $"{bits.Length} bits found, expected a multiple of {WithParity}, the bits of a byte and its parity bit."
            );
        }

        var errors = new List<int>();
        for (var start = 0; start < bits.Length; start += WithParity)
        {
            if (bits[start + Payload] != ParityOf(ByteAt(bits[start..])))
            {
                errors.Add(start / WithParity);
            }
        }

        return errors;
    }

    /// <summary>Reads bits that are written as the characters 0 and 1; white space between them is skipped.</summary>
    /// <exception cref="BitFormatException">There is another character; the message locates it.</exception>
    public static byte[] Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bits = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '0' or '1')
            {
                bits.Add((byte)(text[i] - '0'));
            }
            else if (!char.IsWhiteSpace(text[i]))
            {
                throw new BitFormatException($"'{text[i]}' found at character {i + 1}, expected 0 or 1.");
            }
        }

        return [.. bits];
    }

    /// <summary>Bits as the characters 0 and 1.</summary>
    public static string Format(ReadOnlySpan<byte> bits) =>
        string.Create(
            bits.Length,
            bits,
            static (text, source) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = (char)('0' + source[i]);
                }
            }
        );

    /// <summary>Demands that every element is 0 or 1.</summary>
    /// <exception cref="BitFormatException">One is not; the message locates it.</exception>
    public static void RequireBits(ReadOnlySpan<byte> bits)
    {
        var at = bits.IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (at >= 0)
        {
            throw new BitFormatException($"{bits[at]} found at bit {at}, expected 0 or 1.");
        }
    }

    private static byte ParityOf(byte value) => (byte)(byte.PopCount(value) & 1);

    private static byte ByteAt(ReadOnlySpan<byte> bits)
    {
        var value = 0;
        for (var bit = 0; bit < Payload; bit++)
        {
            value = (value << 1) | bits[bit];
        }

        return (byte)value;
    }
}
