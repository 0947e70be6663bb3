using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Sequences after a backslash in JSON, programs, properties, catalogs of messages, Markdown and regular expressions:
/// <c>\n</c>, <c>\u00fc</c>, <c>\x1b</c>, <c>\303\274</c>. Several backslashes count as one: texts are escaped again
/// when they are put into texts.
/// </summary>
internal static class BackslashEscapes
{
    /// <summary>Single letters that stand for a blank, a control or a class of characters.</summary>
    private const string Letters = "abfnrtvedwsz";

    private const int Escape = 27;

    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        var start = at;
        while (At(text, start) == '\\')
        {
            start++;
        }

        var kind = At(text, start);
        var end = kind switch
        {
            'u' => ReadCodePoint(text, start, 4, output),
            'U' => ReadCodePoint(text, start, 8, output),
            'x' => ReadCodePoint(text, start, 2, output),
            >= '0' and <= '3' => ReadOctal(text, start, output),
            'e' when At(text, start + 1) == '[' => TerminalEscapes.ReadAfter(text, at, start + 1, output),
            '_' or '.' or '-' when char.IsAsciiLetterOrDigit(At(text, start + 1)) && kind != '.' => Keep(kind),
            '.' when char.IsAsciiDigit(At(text, start + 1)) => Keep(kind),
            _ => LatexAccents.Read(text, start - 1, output),
        };
        if (end == 0 && Letters.Contains(kind) && At(text, start + 1) is var next && IsWord(next))
        {
            output.Text.Add(' ');
            if (!char.IsUpper(next))
            {
                output.KeepWord(text, start);
            }

            end = start + 1;
        }

        return end == 0 ? 0 : end - at;

        int Keep(char c)
        {
            output.Text.Add(c);
            return start + 1;
        }
    }

    /// <summary><c>\u00fc</c>, <c>\u{1F600}</c>, <c>\U0001F600</c>, <c>\xfc</c>, <c>\xc3\xbc</c>.</summary>
    private static int ReadCodePoint(ReadOnlySpan<char> text, int start, int digits, EscapeOutput output)
    {
        var first = start + 1;
        var end = first + digits;
        if (At(text, first) == '{')
        {
            digits = text[first..].IndexOf('}') - 1;
            first++;
            end = first + digits + 1;
        }

        var value = digits is > 0 and <= 8 ? Hex(text, first, digits) : -1;
        if (value < 0)
        {
            return 0;
        }

        if (value == Escape)
        {
            return TerminalEscapes.ReadAfter(text, start - 1, end, output);
        }

        if (value >= 0x80 && digits == 2 && Utf8(text, start - 1, ReadHexByte, out var rune) is > 0 and var length)
        {
            output.Text.AddCodePoint(rune.Value);
            return start - 1 + length;
        }

        output.Text.AddCodePoint(value);
        return end;
    }

    /// <summary><c>\033[1m</c>, and bytes of UTF-8 as <c>\303\274</c>; other numbers are left alone.</summary>
    private static int ReadOctal(ReadOnlySpan<char> text, int start, EscapeOutput output)
    {
        if (ReadOctalByte(text, start - 1, out var value) == 0)
        {
            return 0;
        }

        if (value == Escape)
        {
            return TerminalEscapes.ReadAfter(text, start - 1, start + 3, output);
        }

        if (value < 0x80 || Utf8(text, start - 1, ReadOctalByte, out var rune) is not (> 0 and var length))
        {
            return 0;
        }

        output.Text.AddCodePoint(rune.Value);
        return start - 1 + length;
    }

    private static int ReadHexByte(ReadOnlySpan<char> text, int at, out byte value)
    {
        var found = At(text, at) == '\\' && At(text, at + 1) == 'x' ? Hex(text, at + 2, 2) : -1;
        value = (byte)Math.Max(0, found);
        return found < 0 ? 0 : 4;
    }

    private static int ReadOctalByte(ReadOnlySpan<char> text, int at, out byte value)
    {
        value = 0;
        if (at + 4 > text.Length || text[at] != '\\' || text[at + 1] > '3')
        {
            return 0;
        }

        foreach (var digit in text.Slice(at + 1, 3))
        {
            if (digit is < '0' or > '7')
            {
                return 0;
            }

            value = (byte)((value * 8) + digit - '0');
        }

        return 4;
    }

    private static bool IsWord(char c) => Characters.ClassOf(c) != CharacterClass.Separator;
}
