using static McpLongContext.Storage.Analysis.Reading.EscapeText;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Letters of LaTeX and BibTeX: <c>Schr\"odinger</c>, <c>na\"{\i}ve</c>, <c>Ma{\ss}stab</c>, <c>Mal\v{e}k</c>. The
/// accents are dropped, as terms drop them.
/// </summary>
internal static class LatexAccents
{
    private const string Accents = "\"'`^~=.";
    private const string LetterAccents = "cvuHkrdbt";

    /// <summary>Commands that are letters, before anything but a letter.</summary>
    private static readonly string[] s_letters =
    [
        "ss",
        "ae",
        "AE",
        "oe",
        "OE",
        "aa",
        "AA",
        "o",
        "O",
        "l",
        "L",
        "i",
        "j",
    ];

    /// <summary>Reads a sequence that begins with a backslash, or with a brace and a backslash.</summary>
    /// <returns>The index after it; 0 for none.</returns>
    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        var isGroup = text[at] == '{';
        var start = at + (isGroup ? 2 : 1);
        var kind = At(text, start);
        var isAccent = Accents.Contains(kind);
        ReadOnlySpan<char> letters = default;
        var end =
            isAccent && IsLetter(At(text, start + 1)) ? ReadBare(text, start + 1, out letters)
            : isAccent || LetterAccents.Contains(kind) ? ReadArgument(text, start + 1, out letters)
            : 0;
        if (end == 0 && !isAccent)
        {
            end = ReadCommand(text, start, isGroup, out letters);
        }

        if (end == 0 || (isGroup && At(text, end) != '}'))
        {
            return 0;
        }

        end += isGroup ? 1 : 0;
        output.Boundary(At(text, at - 1), letters[0]);
        output.Text.Add(letters);
        if (text[end - 1] is '}' or ' ')
        {
            output.Boundary(letters[^1], At(text, end));
        }

        return end;
    }

    private static int ReadBare(ReadOnlySpan<char> text, int start, out ReadOnlySpan<char> letters)
    {
        letters = text.Slice(start, 1);
        return start + 1;
    }

    /// <summary><c>{o}</c>, <c>{\i}</c> or <c>\i</c> after an accent.</summary>
    private static int ReadArgument(ReadOnlySpan<char> text, int start, out ReadOnlySpan<char> letters)
    {
        var isBraced = At(text, start) == '{';
        var letter = start + (isBraced ? 1 : 0);
        letter += At(text, letter) == '\\' ? 1 : 0;
        letters = letter < text.Length ? text.Slice(letter, 1) : default;
        return letter > start && IsLetter(At(text, letter)) && !IsLetter(At(text, letter + 1))
            ? (isBraced, At(text, letter + 1)) switch
            {
                (true, '}') => letter + 2,
                (false, _) => letter + 1,
                _ => 0,
            }
            : 0;
    }

    /// <summary><c>\ss{}</c>, <c>\ss</c> and a space, or <c>{\ss}</c>.</summary>
    private static int ReadCommand(ReadOnlySpan<char> text, int start, bool isGroup, out ReadOnlySpan<char> letters)
    {
        foreach (var command in s_letters)
        {
            var end = start + command.Length;
            if (!text[Math.Min(start, text.Length)..].StartsWith(command) || IsLetter(At(text, end)))
            {
                continue;
            }

            letters = text[start..end];
            return isGroup ? end
                : At(text, end) == '{' && At(text, end + 1) == '}' ? end + 2
                : At(text, end) == ' ' ? end + 1
                : 0;
        }

        letters = default;
        return 0;
    }

    private static bool IsLetter(char c) => char.IsLetter(c);
}
