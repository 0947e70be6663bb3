using System.Text;
using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Quoted-printable text of mail (RFC 2045) and encoded words of its header lines (RFC 2047). Only what cannot be meant
/// otherwise is decoded: bytes of UTF-8, and single ones of Latin 1 inside a word.
/// </summary>
internal static class MimeEscapes
{
    private const int LongestWord = 400;
    private const int FirstLetterOfLatin1 = 0xC0;

    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        if (At(text, at + 1) == '?')
        {
            return ReadEncodedWord(text, at, output);
        }

        var lineEnd = at + (At(text, at + 1) == '\r' ? 2 : 1);
        if (At(text, lineEnd) == '\n')
        {
            return ReadSoftBreak(text, at, lineEnd + 1, output);
        }

        if (Hex(text, at + 1, 2) is not (>= 0x80 and var value))
        {
            return 0;
        }

        if (Utf8(text, at, ReadByte, out var rune) is > 0 and var length)
        {
            output.Text.AddCodePoint(rune.Value);
            return length;
        }

        if (
            value < FirstLetterOfLatin1
            || ReadByte(text, at, out _) == 0
            || !char.IsLetter(At(text, at - 1))
            || !char.IsLower(At(text, at + 3))
        )
        {
            return 0;
        }

        output.Text.AddCodePoint(value);
        output.KeepWord(text, at + 1);
        return 3;
    }

    private static int ReadSoftBreak(ReadOnlySpan<char> text, int at, int end, EscapeOutput output)
    {
        var isInWord =
            Characters.ClassOf(At(text, at - 1)) != CharacterClass.Separator
            && Characters.ClassOf(At(text, end)) != CharacterClass.Separator;
        if (!isInWord)
        {
            return 0;
        }

        output.Boundary(text[at - 1], text[end]);
        return end - at;
    }

    /// <summary><c>=?utf-8?Q?=C3=9Cbergabe?=</c>; the blanks between two of them are none.</summary>
    private static int ReadEncodedWord(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        var rest = text.Slice(at + 2, Math.Min(LongestWord, text.Length - at - 2));
        var charset = rest.IndexOf('?');
        if (charset <= 0 || At(rest, charset + 2) != '?')
        {
            return 0;
        }

        var encoded = rest[(charset + 3)..];
        var length = encoded.IndexOf("?=");
        if (length < 0 || Decode(rest[..charset], rest[charset + 1], encoded[..length]) is not { } decoded)
        {
            return 0;
        }

        output.Text.Add(decoded);
        var end = at + 2 + charset + 3 + length + 2;
        var next = end;
        while (char.IsWhiteSpace(At(text, next)))
        {
            next++;
        }

        return (At(text, next) == '=' && At(text, next + 1) == '?' ? next : end) - at;
    }

    private static string? Decode(ReadOnlySpan<char> charset, char encoding, ReadOnlySpan<char> encoded)
    {
        try
        {
            var bytes = encoding switch
            {
                'B' or 'b' => Convert.FromBase64String(encoded.ToString()),
                'Q' or 'q' => QuotedPrintable(encoded),
                _ => null,
            };
            return bytes is null ? null : Encoding.GetEncoding(charset.ToString()).GetString(bytes);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static byte[] QuotedPrintable(ReadOnlySpan<char> encoded)
    {
        var bytes = new List<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            var value = encoded[i] == '=' ? Hex(encoded, i + 1, 2) : -1;
            bytes.Add(
                value >= 0 ? (byte)value
                : encoded[i] == '_' ? (byte)' '
                : (byte)encoded[i]
            );
            i += value >= 0 ? 2 : 0;
        }

        return [.. bytes];
    }

    /// <summary>Reads an escaped byte, whose digits are capitals.</summary>
    private static int ReadByte(ReadOnlySpan<char> text, int at, out byte value)
    {
        var isByte = At(text, at) == '=' && IsDigit(At(text, at + 1)) && IsDigit(At(text, at + 2));
        value = isByte ? (byte)Hex(text, at + 1, 2) : (byte)0;
        return isByte ? 3 : 0;

        static bool IsDigit(char c) => char.IsAsciiHexDigitUpper(c);
    }
}
