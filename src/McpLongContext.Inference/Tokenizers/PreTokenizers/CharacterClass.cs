using System.Globalization;
using System.Text;

namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The classes of characters that rules for words ask for.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Whatever is none of the others: punctuation, symbols, marks, control characters.</summary>
    Other,

    /// <summary>Unicode's <c>\p{L}</c>.</summary>
    Letter,

    /// <summary>Unicode's <c>\p{N}</c>.</summary>
    Number,

    /// <summary>Unicode's <c>\s</c>, without line breaks.</summary>
    Space,

    /// <summary><c>\r</c> or <c>\n</c>.</summary>
    LineBreak,
}

/// <summary>Reads classes of characters from UTF-8, code point by code point.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_ascii =
    [
        .. Enumerable.Range(0, 128).Select(value => Of(new Rune(value))),
    ];

    /// <summary>The class of the character at an index.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">The index of its first byte.</param>
    /// <param name="length">The length in bytes.</param>
    public static CharacterClass ClassAt(this ReadOnlySpan<byte> text, int at, out int length)
    {
        if (text[at] < 128)
        {
            length = 1;
            return s_ascii[text[at]];
        }

        _ = Rune.DecodeFromUtf8(text[at..], out var rune, out length);
        return Of(rune);
    }

    /// <summary>Whether the character at an index is of a class; false at the end of the text.</summary>
    public static bool IsAt(this ReadOnlySpan<byte> text, int at, CharacterClass of) =>
        at < text.Length && text.ClassAt(at, out _) == of;

    /// <summary>The index after the characters of a class that begin at an index.</summary>
    public static int EndOfRun(this ReadOnlySpan<byte> text, int at, CharacterClass of)
    {
        while (at < text.Length && text.ClassAt(at, out var length) == of)
        {
            at += length;
        }

        return at;
    }

    /// <summary>
    /// The length of the first piece of a text that begins with white space, <c>\s+(?!\S)|\s+</c>: all of it, but the
    /// last one goes with the word that follows.
    /// </summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="breaksLines">Whether, before, <c>\s*[\r\n]+</c> is tried: up to the last line break.</param>
    public static int EndOfSpace(this ReadOnlySpan<byte> text, bool breaksLines)
    {
        var end = 0;
        var last = 0;
        var lineEnd = 0;
        while (
            end < text.Length
            && text.ClassAt(end, out var length) is var of and (CharacterClass.Space or CharacterClass.LineBreak)
        )
        {
            last = end;
            end += length;
            lineEnd = of == CharacterClass.LineBreak ? end : lineEnd;
        }

        if (breaksLines && lineEnd > 0)
        {
            return lineEnd;
        }

        return end == text.Length || last == 0 ? end : last;
    }

    private static CharacterClass Of(Rune rune)
    {
        if (rune.Value is '\r' or '\n')
        {
            return CharacterClass.LineBreak;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                CharacterClass.Number,
            _ => Rune.IsWhiteSpace(rune) ? CharacterClass.Space : CharacterClass.Other,
        };
    }
}
