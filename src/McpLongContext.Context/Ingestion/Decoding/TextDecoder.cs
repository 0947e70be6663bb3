using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// Decodes bytes of unknown encoding: byte order marks, UTF-8, UTF-16 without a mark, the encodings from before
/// Unicode, and files in which lines of several encodings came together.
/// </summary>
internal static class TextDecoder
{
    private const int SampleLength = 64 * 1024;

    /// <summary>The character that a NUL in a text is shown as.</summary>
    private const char ShownNul = '\u2400';

    /// <summary>
    /// The controls that texts have: tabs, line breaks, page breaks, backspaces, escapes of terminals.
    /// </summary>
    private static readonly SearchValues<byte> s_binary = SearchValues.Create([
        .. Enumerable.Range(0, 32).Append(0x7F).Select(b => (byte)b).Except("\t\n\r\f\b\x1B"u8.ToArray()),
    ]);

    /// <summary>
    /// The characters that are counted against a text: those controls, replaced ones, and the letters of Latin-1.
    /// </summary>
    private static readonly SearchValues<char> s_doubtful = SearchValues.Create([
        .. Enumerable.Range(0, 0x100).Select(c => (char)c).Where(c => IsStrange(c) || c >= '\u00A0'),
        '\uFFFD',
    ]);

    private static readonly Encoding s_utf32BigEndian = new UTF32Encoding(bigEndian: true, byteOrderMark: true);

    /// <summary>Decodes a text; false with the reason when the bytes hold none.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="text">The text of the file; line breaks are as in the file.</param>
    /// <param name="doubt">The uncertainty about the encoding; <see langword="null"/> when it is known.</param>
    /// <param name="reason">Why there is no text.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out string? text,
        out string? doubt,
        [NotNullWhen(false)] out string? reason
    )
    {
        text = Decode(bytes, out doubt);
        reason = text switch
        {
            null => "binary, or text in an encoding that is not recognized; convert it to UTF-8",
            _ when string.IsNullOrWhiteSpace(text) => "empty",
            _ when !LooksLikeText(text) => "binary, or text in an encoding that is not recognized; convert it to UTF-8",
            _ => null,
        };
        return reason is null;
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, out string? doubt)
    {
        doubt = null;

        // The mark of UTF-32 LE begins with that of UTF-16 LE.
        ReadOnlySpan<Encoding> marked = [Encoding.UTF32, s_utf32BigEndian, Encoding.Unicode, Encoding.BigEndianUnicode];
        foreach (var encoding in marked)
        {
            if (bytes.StartsWith(encoding.Preamble))
            {
                var content = bytes[encoding.Preamble.Length..];
                return encoding.CodePage is 1200 or 1201
                    ? Utf16.Decode(content, encoding)
                    : encoding.GetString(content);
            }
        }

        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        if (!bytes.Contains((byte)0))
        {
            return DecodeBytes(bytes, ref doubt);
        }

        if (Utf16.FindByZeros(bytes) is { } wide)
        {
            return Utf16.Decode(bytes, wide);
        }

        // Many NULs in a row are a gap, as a crash leaves it in a log; a single one stands in the text.
        var joined = Utf16.JoinNuls(bytes);
        if ((!Utf8.IsValid(joined) || IsStrange(joined)) && Utf16.FindByMeaning(bytes) is { } eastern)
        {
            return Utf16.Decode(bytes, eastern);
        }

        return joined.Any(b => b > ' ') ? DecodeBytes(joined, ref doubt)?.Replace('\0', ShownNul) : null;
    }

    /// <summary>Decodes bytes without UTF-16 in them.</summary>
    private static string? DecodeBytes(ReadOnlySpan<byte> bytes, ref string? doubt)
    {
        if (IsStrange(bytes))
        {
            return null;
        }

        if (EscapedEncoding.Find(bytes[..Math.Min(bytes.Length, SampleLength)]) is { } escaped)
        {
            return escaped.GetString(bytes);
        }

        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : MixedLines.Decode(bytes, out doubt);
    }

    /// <summary>Whether there are more control characters than a text has.</summary>
    private static bool IsStrange(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes[..Math.Min(bytes.Length, SampleLength)];
        var allowed = 2 + (rest.Length / 50);
        for (var next = rest.IndexOfAny(s_binary); next >= 0 && allowed >= 0; next = rest.IndexOfAny(s_binary))
        {
            allowed--;
            rest = rest[(next + 1)..];
        }

        return allowed < 0;
    }

    /// <summary>
    /// Few control characters, few replaced ones, and not mostly the accents that a wrong encoding gives.
    /// </summary>
    private static bool LooksLikeText(string text)
    {
        var sample = text.AsSpan(0, Math.Min(text.Length, SampleLength));
        if (!sample.ContainsAny(s_doubtful))
        {
            return true;
        }

        int strange = 0,
            latin = 0;
        foreach (var c in sample)
        {
            strange += IsStrange(c) ? 1 : 0;
            latin += c is >= '\u00A0' and <= '\u00FF' ? 1 : 0;
        }

        return strange <= 2 + (sample.Length / 50) && latin * 3 <= sample.Length;
    }

    private static bool IsStrange(char c) =>
        c is '\uFFFD' || (char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\f' or '\x1B' or '\b'));
}
