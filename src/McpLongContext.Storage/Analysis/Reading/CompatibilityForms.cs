namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Letters and digits in another form, made plain as NFKC does: full and half width, ligatures, circled, superscript
/// and mathematical ones, and letters that are stored apart from their marks. The runtime's own normalization needs
/// ICU.
/// </summary>
internal static class CompatibilityForms
{
    private const char SoftHyphen = '\u00AD';

    /// <summary>
    /// Characters that show nothing: joiners, marks of direction, the Arabic stroke, selectors of a form.
    /// </summary>
    private const string Dropped =
        "\u00AD\u0640\u061C\u180E\u200C\u200D\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\uFE0E\uFE0F";

    /// <summary>
    /// Breaks of zero width: words of Thai or Khmer end there, others only may, or may not, be divided.
    /// </summary>
    private const string ZeroWidth = "\u200B\u2060\uFEFF";

    private static readonly Dictionary<char, string> s_forms = ReadForms();
    private static readonly ulong[] s_special = ReadSpecial();

    /// <summary>Writes a text with plain letters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="folded">Filled where something had to be changed.</param>
    /// <param name="forTerms">Whether a break of zero width inside a word is read in both ways.</param>
    /// <returns>Whether it was filled; if not, the text is plain.</returns>
    public static bool Fold(ReadOnlySpan<char> text, CharBuffer folded, bool forTerms)
    {
        var at = NextSpecial(text, 0);
        if (at < 0)
        {
            return false;
        }

        folded.Clear();
        var copied = 0;
        for (; at >= 0; at = NextSpecial(text, copied))
        {
            folded.Add(text[copied..at]);
            copied = at + FoldOne(text, at, folded, forTerms);
        }

        folded.Add(text[copied..]);
        return true;
    }

    /// <summary>Writes the character at an index; returns how many characters it takes.</summary>
    private static int FoldOne(ReadOnlySpan<char> text, int at, CharBuffer folded, bool forTerms)
    {
        var c = text[at];
        if (s_forms.TryGetValue(c, out var form))
        {
            folded.Add(form);
        }
        else if (char.IsHighSurrogate(c))
        {
            return FoldPair(text, at, folded);
        }
        else if (ComposedForms.IsMark(c))
        {
            AddMark(c, folded);
        }
        else if (c is >= ComposedForms.FirstJamo and <= ComposedForms.LastJamo)
        {
            return ComposedForms.AddSyllable(text, at, folded);
        }
        else if (c == SoftHyphen)
        {
            return 1 + LineBreak(text, at + 1);
        }
        else if (forTerms && ZeroWidth.Contains(c) && IsSpaced(text, at - 1) && IsSpaced(text, at + 1))
        {
            folded.Add('_');
        }

        return 1;
    }

    private static void AddMark(char mark, CharBuffer folded)
    {
        if (folded.Length > 0 && ComposedForms.Compose(folded.Last, mark) is { } composed)
        {
            folded.Last = composed;
        }
        else if (!ComposedForms.IsVoicing(mark))
        {
            folded.Add(mark);
        }
    }

    /// <summary>
    /// Mathematical letters and digits, and letters in circles and squares, are beyond the basic plane.
    /// </summary>
    private static int FoldPair(ReadOnlySpan<char> text, int at, CharBuffer folded)
    {
        const string Greek = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΘΣΤΥΦΧΨΩ.αβγδεζηθικλμνξοπρςστυφχψω.εθκφρπ";
        var low = EscapeText.At(text, at + 1);
        if (!char.IsLowSurrogate(low))
        {
            folded.Add(text[at]);
            return 1;
        }

        var codePoint = char.ConvertToUtf32(text[at], low);
        char? plain = codePoint switch
        {
            >= 0x1D400 and <= 0x1D6A3 => Latin((codePoint - 0x1D400) % 52),
            0x1D6A4 => 'i',
            0x1D6A5 => 'j',
            >= 0x1D6A8 and <= 0x1D7C9 => Greek[(codePoint - 0x1D6A8) % Greek.Length],
            >= 0x1D7CE and <= 0x1D7FF => (char)('0' + ((codePoint - 0x1D7CE) % 10)),
            (>= 0x1F110 and <= 0x1F129) or (>= 0x1F130 and <= 0x1F149) => Latin((codePoint - 0x1F110) % 32),
            (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189) => Latin((codePoint - 0x1F110) % 32),
            _ => null,
        };
        folded.Add(plain is { } letter ? [letter] : text.Slice(at, 2));
        return 2;

        static char Latin(int index) => (char)(index < 26 ? 'A' + index : 'a' + index - 26);
    }

    /// <summary>A soft hyphen at the end of a line divides the word, which continues after the line's break.</summary>
    private static int LineBreak(ReadOnlySpan<char> text, int start)
    {
        var end = start + (EscapeText.At(text, start) == '\r' ? 1 : 0);
        return EscapeText.At(text, end) == '\n' && char.IsLower(EscapeText.At(text, end + 1)) ? end + 1 - start : 0;
    }

    private static bool IsSpaced(ReadOnlySpan<char> text, int index) =>
        Characters.IsInner(Characters.ClassOf(EscapeText.At(text, index)));

    private static int NextSpecial(ReadOnlySpan<char> text, int start)
    {
        for (var at = start; at < text.Length; at++)
        {
            var other = text[at..].IndexOfAnyExceptInRange('\0', '\x7F');
            if (other < 0)
            {
                return -1;
            }

            // Other scripts come in runs.
            for (at += other; at < text.Length && text[at] > '\x7F'; at++)
            {
                if ((s_special[text[at] >> 6] & (1UL << (text[at] & 63))) != 0)
                {
                    return at;
                }
            }
        }

        return -1;
    }

    private static Dictionary<char, string> ReadForms()
    {
        var forms = new Dictionary<char, string> { ['．'] = ".", ['＿'] = "_" };
        AddRange('０', '９', '0');
        AddRange('Ａ', 'Ｚ', 'A');
        AddRange('ａ', 'ｚ', 'a');
        AddRange('⒜', '⒵', 'a');
        AddRange('Ⓐ', 'Ⓩ', 'A');
        AddRange('ⓐ', 'ⓩ', 'a');
        for (var number = 1; number <= 20; number++)
        {
            var digits = $"{number}";
            forms[(char)('①' + number - 1)] = digits;
            forms[(char)('⑴' + number - 1)] = digits;
            forms[(char)('⒈' + number - 1)] = digits;
        }

        foreach ((var first, var letters) in CompatibilityBlocks.Letters)
        {
            AddWords(first, letters.Select(letter => $"{letter}"));
        }

        foreach ((var first, var words) in CompatibilityBlocks.Words)
        {
            AddWords(first, words.Split(' '));
        }

        foreach ((var first, var letters) in CompatibilityBlocks.Arabic)
        {
            AddWords(first, letters.Chunk(2).SelectMany(pair => Enumerable.Repeat($"{pair[0]}", pair[1] - '0')));
        }

        return forms;

        void AddRange(char first, char last, char target)
        {
            for (var c = first; c <= last; c++)
            {
                forms[c] = $"{(char)(target + c - first)}";
            }
        }

        void AddWords(char first, IEnumerable<string> words)
        {
            foreach ((var index, var word) in words.Index())
            {
                if (word != ".")
                {
                    forms[(char)(first + index)] = word;
                }
            }
        }
    }

    /// <summary>A bit for each character that <see cref="FoldOne"/> treats.</summary>
    private static ulong[] ReadSpecial()
    {
        var bits = new ulong[(char.MaxValue + 1) / 64];
        IEnumerable<char> special =
        [
            .. s_forms.Keys,
            .. Dropped,
            .. ZeroWidth,
            .. ComposedForms.Special,
            // Those of mathematical letters, and of letters in circles and squares.
            '\uD835',
            '\uD83C',
        ];
        foreach (var c in special)
        {
            bits[c >> 6] |= 1UL << (c & 63);
        }

        return bits;
    }
}
