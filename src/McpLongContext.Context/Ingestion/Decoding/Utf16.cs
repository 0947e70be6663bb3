using System.Text;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// UTF-16 without a mark, cut in half, or appended to a text of another encoding and the other way around.
/// </summary>
internal static class Utf16
{
    private const int SampleLength = 64 * 1024;

    /// <summary>Characters in a row of two bytes each that are not taken for a coincidence.</summary>
    private const int MinRun = 4;

    /// <summary>Bytes of ASCII in a row that are not taken for characters of two bytes.</summary>
    private const int MinNarrowRun = 16;

    /// <summary>Decodes UTF-16; ASCII that another program appended keeps its meaning.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, Encoding encoding)
    {
        var narrow = NarrowTail(bytes, encoding);
        return encoding.GetString(bytes[..(narrow & ~1)]) + Encoding.Latin1.GetString(bytes[(narrow & ~1)..]);
    }

    /// <summary>The byte order of text without a mark in which most characters have a zero.</summary>
    public static Encoding? FindByZeros(ReadOnlySpan<byte> bytes)
    {
        var sample = Sample(bytes);
        int evenZeros = 0,
            oddZeros = 0,
            narrow = 0;
        for (var i = 0; i < sample.Length; i += 2)
        {
            evenZeros += sample[i] == 0 ? 1 : 0;
            oddZeros += sample[i + 1] == 0 ? 1 : 0;
            narrow += IsAscii(sample[i]) && IsAscii(sample[i + 1]) ? 1 : 0;
        }

        // Pairs of ASCII are a text of one byte a character that the other was appended to.
        var units = sample.Length / 2;
        if (narrow * 4 > units)
        {
            return null;
        }

        return (evenZeros * 20 < units, oddZeros * 20 < units) switch
        {
            (true, false) when oddZeros * 2 > units => Encoding.Unicode,
            (false, true) when evenZeros * 2 > units => Encoding.BigEndianUnicode,
            _ => null,
        };
    }

    /// <summary>The byte order in which text with few zeros makes sense, as that of East Asian languages.</summary>
    public static Encoding? FindByMeaning(ReadOnlySpan<byte> bytes)
    {
        var sample = Sample(bytes);
        if (sample.Length < 2 * MinRun)
        {
            return null;
        }

        const double Enough = 0.97;
        var little = Plausibility.OfUtf16(Encoding.Unicode.GetString(sample));
        var big = Plausibility.OfUtf16(Encoding.BigEndianUnicode.GetString(sample));
        return little >= Enough && little > big ? Encoding.Unicode
            : big >= Enough && big > little ? Encoding.BigEndianUnicode
            : null;
    }

    /// <summary>
    /// Bytes in which UTF-16 of Latin letters has become UTF-8, and every further run of NULs a single one.
    /// </summary>
    public static byte[] JoinNuls(ReadOnlySpan<byte> bytes)
    {
        var joined = new List<byte>(bytes.Length);
        for (var i = 0; i < bytes.Length; )
        {
            var littleEndian = Run(bytes[i..], zero: 1);
            var run = littleEndian > 0 ? littleEndian : Run(bytes[i..], zero: 0);
            if (run > 0)
            {
                // The mark of the text that was appended.
                if (joined is [.., 0xFF, 0xFE] or [.., 0xFE, 0xFF])
                {
                    joined.RemoveRange(joined.Count - 2, 2);
                }

                var encoding = littleEndian > 0 ? Encoding.Unicode : Encoding.BigEndianUnicode;
                joined.AddRange(Encoding.UTF8.GetBytes(encoding.GetString(bytes.Slice(i, run))));
                i += run;
                continue;
            }

            if (bytes[i] != 0 || joined is not [.., 0])
            {
                joined.Add(bytes[i]);
            }

            i++;
        }

        return [.. joined];
    }

    /// <summary>The length in bytes of the Latin UTF-16 at the beginning; 0 when there is none.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="zero">Where in a pair the zero stands.</param>
    private static int Run(ReadOnlySpan<byte> bytes, int zero)
    {
        var i = 0;
        while (i + 1 < bytes.Length && bytes[i + zero] == 0 && bytes[i + 1 - zero] is (>= 0x20 or 0x09 or 0x0A or 0x0D))
        {
            i += 2;
        }

        return i >= 2 * MinRun ? i : 0;
    }

    /// <summary>
    /// Where ASCII of one byte a character begins that was appended to Latin UTF-16; the end when nowhere.
    /// </summary>
    private static int NarrowTail(ReadOnlySpan<byte> bytes, Encoding encoding)
    {
        var zero = encoding.CodePage == 1200 ? 1 : 0;
        var narrow = bytes.Length;
        while (narrow > 0 && IsAscii(bytes[narrow - 1]))
        {
            narrow--;
        }

        // The last character of the wide text ends with its zero.
        var isHalf = bytes.Length - narrow == 1;
        return isHalf && bytes.Length % 2 == 1 ? narrow
            : bytes.Length - narrow < MinNarrowRun || !IsLatin(bytes[..narrow], zero) ? bytes.Length
            : narrow + (narrow % 2);
    }

    private static bool IsAscii(byte b) => b is (>= 0x20 and < 0x7F) or (byte)'\t' or (byte)'\n' or (byte)'\r';

    private static bool IsLatin(ReadOnlySpan<byte> bytes, int zero)
    {
        int zeros = 0,
            units = 0;
        for (var i = 0; i + 1 < Math.Min(bytes.Length, SampleLength); i += 2, units++)
        {
            zeros += bytes[i + zero] == 0 ? 1 : 0;
        }

        return units > 0 && zeros * 10 > units * 9;
    }

    private static ReadOnlySpan<byte> Sample(ReadOnlySpan<byte> bytes) =>
        bytes[..(Math.Min(bytes.Length, SampleLength) & ~1)];
}
