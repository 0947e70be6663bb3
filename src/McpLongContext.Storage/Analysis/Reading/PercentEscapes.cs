using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Percent-encoding of URLs (RFC 3986), also of what is encoded already; and conversions of printf, which run into the
/// word after them.
/// </summary>
internal static class PercentEscapes
{
    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        if (Utf8(text, at, ReadByte, out var rune) is > 0 and var length)
        {
            output.Text.AddCodePoint(rune.Value);
            return length;
        }

        var end = at + 1;
        while (At(text, end) is '-' or '+' or '#' or '*' or '.' or (>= '0' and <= '9'))
        {
            end++;
        }

        var conversion = end;
        while (At(text, end) is 'h' or 'l' or 'z' or 'j' or 't')
        {
            end++;
        }

        if (
            At(text, end)
                is not ('d' or 'i' or 'o' or 'u' or 'x' or 'X' or 'e' or 'f' or 'g' or 'c' or 's' or 'p' or 'q' or 'v')
            || Characters.ClassOf(At(text, end + 1)) is CharacterClass.Separator
        )
        {
            return 0;
        }

        output.Text.Add(' ');
        output.KeepWord(text, conversion);
        return end + 1 - at;
    }

    /// <summary><c>%C3</c>, and <c>%25C3</c> where it was encoded twice.</summary>
    private static int ReadByte(ReadOnlySpan<char> text, int at, out byte value)
    {
        var start = at + 1;
        while (
            At(text, start - 1) == '%'
            && At(text, start) == '2'
            && At(text, start + 1) == '5'
            && Hex(text, start + 2, 2) >= 0
        )
        {
            start += 2;
        }

        var found = At(text, at) == '%' ? Hex(text, start, 2) : -1;
        value = (byte)Math.Max(0, found);
        return found < 0 ? 0 : start + 2 - at;
    }
}
