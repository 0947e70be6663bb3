using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Control sequences of terminals (ECMA-48): colors and cursor movements in logs, links, and what is left of them where
/// a log has lost its control characters.
/// </summary>
internal static class TerminalEscapes
{
    private const char Escape = '\u001b';
    private const char Bell = '\u0007';
    private const int LongestOperand = 4096;

    /// <summary>Reads sequences that begin with the control character, one after the other.</summary>
    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output) =>
        ReadAfter(text, at, at + 1, output) - at;

    /// <summary>Reads what follows the control character, however that is written.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where the first sequence begins.</param>
    /// <param name="start">The index after its control character.</param>
    /// <param name="output">Where the result goes.</param>
    /// <returns>The index after the last sequence.</returns>
    public static int ReadAfter(ReadOnlySpan<char> text, int at, int start, EscapeOutput output)
    {
        var end = Skip(text, start, output);
        while (At(text, end) == Escape)
        {
            end = Skip(text, end + 1, output);
        }

        output.Boundary(At(text, at - 1), At(text, end));
        return end;
    }

    /// <summary>
    /// A color without its control character, glued to a word: <c>[31merror</c>; or shown as <c>^[</c>.
    /// </summary>
    public static int ReadBare(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        if (text[at] == '^')
        {
            return At(text, at + 1) == '[' && At(text, at + 2) == '[' ? ReadAfter(text, at, at + 2, output) - at : 0;
        }

        var end = at + 1;
        while (char.IsAsciiDigit(At(text, end)) || At(text, end) == ';')
        {
            end++;
        }

        if (end == at + 1 || At(text, end) != 'm' || Characters.ClassOf(At(text, end + 1)) == CharacterClass.Separator)
        {
            return 0;
        }

        output.Text.Add(' ');
        return end + 1 - at;
    }

    private static int Skip(ReadOnlySpan<char> text, int start, EscapeOutput output) =>
        At(text, start) switch
        {
            '[' => SkipControl(text, start + 1),
            ']' => SkipOperand(text, start + 1, output),
            >= ' ' and <= '/' => Math.Min(start + 2, text.Length),
            >= '0' and <= '~' => start + 1,
            _ => start,
        };

    /// <summary>Parameters, intermediate characters, one final character.</summary>
    private static int SkipControl(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (At(text, end) is >= ' ' and <= '?')
        {
            end++;
        }

        return At(text, end) is >= '@' and <= '~' ? end + 1 : end;
    }

    /// <summary>The operand of an operating system command, such as a link, is text.</summary>
    private static int SkipOperand(ReadOnlySpan<char> text, int start, EscapeOutput output)
    {
        var rest = text.Slice(start, Math.Min(LongestOperand, text.Length - start));
        var length = rest.IndexOfAny(Bell, Escape);
        if (length < 0)
        {
            return start;
        }

        output.Text.Add(' ');
        output.Text.Add(rest[..length]);
        output.Text.Add(' ');
        var isTwo = rest[length] == Escape && At(text, start + length + 1) == '\\';
        return start + length + (isTwo ? 2 : 1);
    }
}
