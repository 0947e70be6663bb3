using System.IO.Compression;

namespace McpLongContext.Documents.Pdf;

/// <summary>
/// Counts the bytes that a compressed stream of a PDF unpacks to, without holding them. A damaged stream counts up to the
/// damage; the filter of the library reports that.
/// </summary>
internal static class UnpackedLength
{
    private const int ZlibHeaderBytes = 2;

    // Codes of LZW (ISO 32000-1, 7.4.4): 256 literals, two markers, then sequences; 9 to 12 bits wide.
    private const int LzwClear = 256;
    private const int LzwEnd = 257;
    private const int LzwFirst = 258;
    private const int LzwCodes = 4096;
    private const int LzwLeastBits = 9;
    private const int LzwMostBits = 12;

    private const byte RunLengthEnd = 128;

    /// <summary>Of a zlib stream.</summary>
    /// <param name="input">The compressed bytes.</param>
    /// <param name="most">Counting ends above it.</param>
    public static long OfFlate(ReadOnlyMemory<byte> input, long most)
    {
        long total = 0;
        try
        {
            using var packed = new MemoryStream(input[ZlibHeaderBytes..].ToArray(), writable: false);
            using var unpacked = new DeflateStream(packed, CompressionMode.Decompress);
            var buffer = new byte[64 * 1024];
            for (int read; (read = unpacked.Read(buffer)) > 0 && total <= most; )
            {
                total += read;
            }
        }
        catch (InvalidDataException)
        {
            // Damaged after what was counted.
        }

        return total;
    }

    /// <summary>Of LZW codes, whichever <c>EarlyChange</c> they are read with: the greater count.</summary>
    /// <param name="input">The compressed bytes.</param>
    /// <param name="most">Counting ends above it.</param>
    public static long OfLzw(ReadOnlyMemory<byte> input, long most) =>
        Math.Max(OfLzw(input.Span, most, earlyChange: 1), OfLzw(input.Span, most, earlyChange: 0));

    /// <summary>Of runs.</summary>
    /// <param name="input">The compressed bytes.</param>
    /// <param name="most">Counting ends above it.</param>
    public static long OfRunLength(ReadOnlyMemory<byte> input, long most)
    {
        var bytes = input.Span;
        long total = 0;
        for (var i = 0; i < bytes.Length && bytes[i] != RunLengthEnd && total <= most; )
        {
            var isLiteral = bytes[i] < RunLengthEnd;
            var count = isLiteral ? bytes[i] + 1 : 257 - bytes[i];
            total += count;
            i += isLiteral ? count + 1 : 2;
        }

        return total;
    }

    private static long OfLzw(ReadOnlySpan<byte> input, long most, int earlyChange)
    {
        var lengths = new int[LzwCodes];
        lengths.AsSpan(0, LzwClear).Fill(1);
        var (next, width, previous) = (LzwFirst, LzwLeastBits, 0);
        var (held, heldBits) = (0u, 0);
        long total = 0;
        foreach (var one in input)
        {
            (held, heldBits) = ((held << 8) | one, heldBits + 8);
            if (heldBits < width)
            {
                continue;
            }

            heldBits -= width;
            var code = (int)(held >> heldBits) & ((1 << width) - 1);
            if (code == LzwClear)
            {
                (next, width, previous) = (LzwFirst, LzwLeastBits, 0);
                continue;
            }

            // A code that is not there yet is the sequence before it and its first byte.
            var length = code < next ? lengths[code] : previous + 1;
            total += length;
            if (code == LzwEnd || total > most)
            {
                break;
            }

            if (previous > 0 && next < LzwCodes)
            {
                lengths[next++] = previous + 1;
                width = Math.Min(LzwMostBits, Math.Max(width, BitsOf(next + earlyChange)));
            }

            previous = length;
        }

        return total;
    }

    private static int BitsOf(int code) => sizeof(int) * 8 - int.LeadingZeroCount(code);
}
