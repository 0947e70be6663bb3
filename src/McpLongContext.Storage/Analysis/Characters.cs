using System.Globalization;
using System.Runtime.CompilerServices;

namespace McpLongContext.Storage.Analysis;

/// <summary>The class of a character for the <see cref="TermAnalyzer"/>.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Ends a word and is no part of one.</summary>
    Separator,

    /// <summary>A letter that is not a capital.</summary>
    Lower,

    /// <summary>A capital.</summary>
    Upper,

    /// <summary>A decimal digit.</summary>
    Digit,

    /// <summary>An underscore.</summary>
    Underscore,

    /// <summary>A combining mark, which goes with the letter before it.</summary>
    Mark,

    /// <summary>A character of a script that puts no spaces between words.</summary>
    Dense,
}

/// <summary>Classes and folding of characters, by table for ASCII and Latin.</summary>
internal static class Characters
{
    /// <summary>The last character of ASCII.</summary>
    public const char LastAscii = '\x7F';

    /// <summary>The base letters of U+00C0 to U+024F; a full stop where there is none.</summary>
    private const string LatinBase =
        "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.yaaaaaaccccccccdd"
        + "ddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll..llnnnnnn...oooooo..rrrrrrssssss"
        + "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs................................oo.............u"
        + "u............................aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa...."
        + "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............................";

    /// <summary>The base letters of U+1E00 to U+1EFF.</summary>
    private const string LatinAdditionalBase =
        "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo"
        + "oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy......"
        + "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu"
        + "uuyyyyyyyy......";

    /// <summary>The base letters of U+0386 to U+03CE, small, with one form of sigma.</summary>
    private const string GreekBase = "α.εηι.ο.υωιαβγδεζηθικλμνξοπρ.στυφχψωιυαεηιυ.................σ.......ιυουω";

    /// <summary>The base letters of U+1F00 to U+1FFC.</summary>
    private const string GreekExtendedBase =
        "ααααααααααααααααεεεεεε..εεεεεε..ηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιιοοοοοο..οοοοοο..υυυυυυυυ.υ.υ.υ.υ"
        + "ωωωωωωωωωωωωωωωωααεεηηιιοουυωω..ααααααααααααααααηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωω"
        + "ααααα.ααααααα.ι...ηηη.ηηεεηηη...ιιιι..ιιιιιι....υυυυρρυυυυυυρ.....ωωω.ωωοοωωω";

    private static readonly CharacterClass[] s_classes = Enumerable.Range(0, 128).Select(AsciiClass).ToArray();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass ClassOf(char c) => c < 128 ? s_classes[c] : OtherClass(c);

    /// <summary>Whether a word continues with a character of this class.</summary>
    public static bool IsInner(CharacterClass kind) => kind is not (CharacterClass.Separator or CharacterClass.Dense);

    /// <summary>The character in lower case without diacritics; NUL when nothing of it stays in a term.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static char Fold(char c)
    {
        if (c < 128)
        {
            // The bit that tells small letters from capitals; digits have it, too.
            return char.IsAsciiLetterOrDigit(c) ? (char)(c | 0x20) : '\0';
        }

        return FoldLatin(c);
    }

    private static char FoldLatin(char c)
    {
        if (c - 0xC0 is >= 0 and var i && i < LatinBase.Length && LatinBase[i] != '.')
        {
            return LatinBase[i];
        }

        if (c - 0x1E00 is >= 0 and var j && j < LatinAdditionalBase.Length && LatinAdditionalBase[j] != '.')
        {
            return LatinAdditionalBase[j];
        }

        return OtherFold(c);
    }

    /// <summary>The letters that one letter is written as where it is missing; empty for all others.</summary>
    public static ReadOnlySpan<char> Spelled(char c) =>
        c switch
        {
            'ß' or 'ẞ' => "ss",
            'æ' or 'Æ' => "ae",
            'œ' or 'Œ' => "oe",
            'þ' or 'Þ' => "th",
            _ => [],
        };

    private static char OtherFold(char c)
    {
        if (c - 0x386 is >= 0 and var i && i < GreekBase.Length && GreekBase[i] != '.')
        {
            return GreekBase[i];
        }

        if (c - 0x1F00 is >= 0 and var j && j < GreekExtendedBase.Length && GreekExtendedBase[j] != '.')
        {
            return GreekExtendedBase[j];
        }

        return OtherClass(c) switch
        {
            CharacterClass.Mark => '\0',
            CharacterClass.Digit => (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c)),
            _ => char.ToLowerInvariant(c) switch
            {
                'ё' or 'ѐ' => 'е',
                'ѝ' => 'и',
                'أ' or 'إ' or 'آ' or 'ٱ' => 'ا',
                var small => small,
            },
        };
    }

    private static CharacterClass AsciiClass(int code) =>
        (char)code switch
        {
            >= 'a' and <= 'z' => CharacterClass.Lower,
            >= 'A' and <= 'Z' => CharacterClass.Upper,
            >= '0' and <= '9' => CharacterClass.Digit,
            '_' => CharacterClass.Underscore,
            _ => CharacterClass.Separator,
        };

    private static CharacterClass OtherClass(char c)
    {
        if (IsDense(c))
        {
            return CharacterClass.Dense;
        }

        return CharUnicodeInfo.GetUnicodeCategory(c) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Upper,
            UnicodeCategory.LowercaseLetter
            or UnicodeCategory.OtherLetter
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.LetterNumber => CharacterClass.Lower,
            UnicodeCategory.DecimalDigitNumber => CharacterClass.Digit,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => CharacterClass.Mark,
            _ => CharacterClass.Separator,
        };
    }

    /// <summary>Thai to Lao, Myanmar, Khmer, kana, Han, Hangul, and surrogates (Han beyond the basic plane).</summary>
    private static bool IsDense(char c) =>
        c
            is (>= '\u0E01' and <= '\u0EDF')
                or (>= '\u1000' and <= '\u109F')
                or (>= '\u1780' and <= '\u17D3')
                or (>= '\u3041' and <= '\u30FF' and not '\u30FB')
                or (>= '\u31F0' and <= '\u31FF')
                or (>= '\u3400' and <= '\u4DBF')
                or (>= '\u4E00' and <= '\u9FFF')
                or (>= '\uAC00' and <= '\uD7A3')
                or (>= '\uD840' and <= '\uD8FF')
                or (>= '\uDC00' and <= '\uDFFF')
                or (>= '\uF900' and <= '\uFAFF')
                or (>= '\uFF66' and <= '\uFF9F');
}
