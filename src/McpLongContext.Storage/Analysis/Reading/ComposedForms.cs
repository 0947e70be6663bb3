namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Characters that are stored apart from their marks (NFD) where the two together are another letter: voiced kana,
/// syllables of Hangul, letters of Cyrillic. Marks of other letters are dropped by terms anyway.
/// </summary>
internal static class ComposedForms
{
    /// <summary>The first leading consonant of Hangul.</summary>
    public const char FirstJamo = '\u1100';

    /// <summary>The last one.</summary>
    public const char LastJamo = '\u1112';

    private const char FirstVowel = '\u1161';
    private const int Vowels = 21;
    private const char BeforeFinal = '\u11A7';
    private const int Finals = 28;
    private const char FirstSyllable = '\uAC00';

    /// <summary>Distance of the two kinds of kana.</summary>
    private const int Katakana = 0x60;

    private const string Voiced = "かきくけこさしすせそたちつてと";
    private const string HalfVoiced = "はひふへほ";

    /// <summary>A letter, its mark, and both as one.</summary>
    private const string Cyrillic = "и\u0306йИ\u0306Йу\u0306ўУ\u0306Ўі\u0308їІ\u0308Їг\u0301ѓГ\u0301Ѓк\u0301ќК\u0301Ќ";

    /// <summary>Every character that begins or ends such a letter.</summary>
    public static IEnumerable<char> Special =>
        [
            '\u0301',
            '\u0306',
            '\u0308',
            '\u3099',
            '\u309A',
            '\uFF9E',
            '\uFF9F',
            .. Enumerable.Range(FirstJamo, LastJamo - FirstJamo + 1).Select(code => (char)code),
        ];

    /// <summary>Whether the character is a mark after its letter.</summary>
    public static bool IsMark(char c) => c is '\u0301' or '\u0306' or '\u0308' || IsVoicing(c);

    /// <summary>Whether the character is one of the marks of kana.</summary>
    public static bool IsVoicing(char c) => c is '\u3099' or '\u309A' or '\uFF9E' or '\uFF9F';

    /// <summary>A letter and its mark as one; <see langword="null"/> where there is none.</summary>
    public static char? Compose(char letter, char mark)
    {
        if (IsVoicing(mark))
        {
            return Voice(letter, isHalf: mark is '\u309A' or '\uFF9F');
        }

        for (var i = 0; i < Cyrillic.Length; i += 3)
        {
            if (Cyrillic[i] == letter && Cyrillic[i + 1] == mark)
            {
                return Cyrillic[i + 2];
            }
        }

        return null;
    }

    /// <summary>Writes a syllable of Hangul; returns how many characters it takes.</summary>
    public static int AddSyllable(ReadOnlySpan<char> text, int at, CharBuffer output)
    {
        var vowel = EscapeText.At(text, at + 1) - FirstVowel;
        if (vowel is < 0 or >= Vowels)
        {
            output.Add(text[at]);
            return 1;
        }

        var final = EscapeText.At(text, at + 2) - BeforeFinal;
        var hasFinal = final is > 0 and < Finals;
        output.Add(
            (char)(FirstSyllable + ((((text[at] - FirstJamo) * Vowels) + vowel) * Finals) + (hasFinal ? final : 0))
        );
        return hasFinal ? 3 : 2;
    }

    private static char? Voice(char kana, bool isHalf)
    {
        var hiragana = kana >= 'ァ' ? (char)(kana - Katakana) : kana;
        return (hiragana, isHalf) switch
        {
            ('う', false) => kana == 'う' ? 'ゔ' : 'ヴ',
            (_, false) when Voiced.Contains(hiragana) || HalfVoiced.Contains(hiragana) => (char)(kana + 1),
            (_, true) when HalfVoiced.Contains(hiragana) => (char)(kana + 2),
            _ => null,
        };
    }
}
