using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// Decodes bytes of unknown encoding: byte order marks, UTF-8, UTF-16 without a mark, Windows-1252 (which contains
/// Latin-1) for what is left, as long as it looks like text.
/// </summary>
internal static class TextDecoder
{
    private const int SampleLength = 64 * 1024;

    /// <summary>What most texts consist of.</summary>
    private static readonly SearchValues<char> s_plain = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c),
        '\t',
        '\n',
        '\r',
    ]);

    private static readonly Encoding s_windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
    private static readonly Encoding s_utf32BigEndian = new UTF32Encoding(bigEndian: true, byteOrderMark: true);

    /// <summary>Decodes a text; false with the reason when the bytes hold none.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out string? text,
        [NotNullWhen(false)] out string? reason
    )
    {
        text = Decode(bytes);
        reason = text switch
        {
            null => "binary",
            _ when string.IsNullOrWhiteSpace(text) => "empty",
            _ when !LooksLikeText(text) => "binary, or text in an encoding that is not recognised; convert it to UTF-8",
            _ => null,
        };
        return reason is null;
    }

    private static string? Decode(ReadOnlySpan<byte> bytes)
    {
        // The mark of UTF-32 LE begins with that of UTF-16 LE.
        ReadOnlySpan<Encoding> marked =
        [
            Encoding.UTF8,
            Encoding.UTF32,
            s_utf32BigEndian,
            Encoding.Unicode,
            Encoding.BigEndianUnicode,
        ];
        foreach (var encoding in marked)
        {
            if (bytes.StartsWith(encoding.Preamble))
            {
                return encoding.GetString(bytes[encoding.Preamble.Length..]);
            }
        }

        if (bytes.Contains((byte)0))
        {
            return DecodeUnmarkedUtf16(bytes);
        }

        return Utf8.IsValid(bytes) || IsDamagedUtf8(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : s_windows1252.GetString(bytes);
    }

    /// <summary>In UTF-16 of mostly western text every other byte is zero.</summary>
    private static string? DecodeUnmarkedUtf16(ReadOnlySpan<byte> bytes)
    {
        var sample = bytes[..(Math.Min(bytes.Length, SampleLength) & ~1)];
        int evenZeros = 0,
            oddZeros = 0;
        for (var i = 0; i < sample.Length; i += 2)
        {
            evenZeros += sample[i] == 0 ? 1 : 0;
            oddZeros += sample[i + 1] == 0 ? 1 : 0;
        }

        var units = sample.Length / 2;
        var encoding = (evenZeros * 20 < units, oddZeros * 20 < units) switch
        {
            (true, false) when oddZeros * 2 > units => Encoding.Unicode,
            (false, true) when evenZeros * 2 > units => Encoding.BigEndianUnicode,
            _ => null,
        };
        return bytes.Length % 2 == 0 ? encoding?.GetString(bytes) : null;
    }

    /// <summary>Whether most sequences outside ASCII are valid UTF-8, as in a log that was cut within a character.</summary>
    private static bool IsDamagedUtf8(ReadOnlySpan<byte> bytes)
    {
        int valid = 0,
            invalid = 0;
        while (!bytes.IsEmpty)
        {
            var ascii = bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            if (ascii < 0)
            {
                break;
            }

            bytes = bytes[ascii..];
            var isValid = Rune.DecodeFromUtf8(bytes, out _, out var length) == OperationStatus.Done;
            valid += isValid ? 1 : 0;
            invalid += isValid ? 0 : 1;
            bytes = bytes[length..];
        }

        return valid > invalid;
    }

    /// <summary>Few control characters, few replaced ones, and not mostly the accents that a wrong encoding gives.</summary>
    private static bool LooksLikeText(string text)
    {
        var sample = text.AsSpan(0, Math.Min(text.Length, SampleLength));
        if (!sample.ContainsAnyExcept(s_plain))
        {
            return true;
        }

        int strange = 0,
            latin = 0;
        foreach (var c in sample)
        {
            strange +=
                c is '\uFFFD' or '\0'
                || (char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\f' or '\x1B' or '\b'))
                    ? 1
                    : 0;
            latin += c is >= '\u00A0' and <= '\u00FF' ? 1 : 0;
        }

        return strange <= 2 + (sample.Length / 50) && latin * 3 <= sample.Length;
    }
}
