using System.Globalization;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// How much a decoded text looks like what people write, instead of what a wrong encoding makes of it.
/// </summary>
internal static class Plausibility
{
    /// <summary>
    /// No language writes as many accents in a row (Polish has four); another alphabet read as Latin looks like that.
    /// </summary>
    private const int MaxAccents = 5;

    private enum Script
    {
        None,
        Latin,
        Cyrillic,
        Greek,
        Hebrew,
        Arabic,
        Thai,
        EastAsian,
        Hangul,
    }

    /// <summary>
    /// The share of the characters outside ASCII that stand where such characters stand: letters in words of one
    /// alphabet, capitals at the beginning of a word or in words of capitals, symbols between words.
    /// </summary>
    /// <param name="text">A decoded text.</param>
    /// <param name="isWestern">
    /// Whether the text is read as Windows-1252, whose letters with a caron, and the capital Y with a diaeresis, stand
    /// where the Macintosh and DOS have the usual accents.
    /// </param>
    /// <returns>0 to 1; 1 for a text of ASCII alone.</returns>
    public static double Of(ReadOnlySpan<char> text, bool isWestern = false)
    {
        int wide = 0,
            odd = 0,
            run = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c < '\x80')
            {
                run = 0;
                continue;
            }

            wide++;
            var before = i > 0 ? text[i - 1] : ' ';
            var after = i + 1 < text.Length ? text[i + 1] : ' ';
            run = c < '\u0250' && char.IsLetter(c) ? run + 1 : 0;
            odd +=
                run >= MaxAccents
                || IsOdd(c, before, after)
                || (isWestern && c is ('Š' or 'š' or 'Ž' or 'ž' or 'Ÿ' or 'ƒ'))
                    ? 1
                    : 0;
        }

        return wide == 0 ? 1 : 1 - ((double)odd / wide);
    }

    /// <summary>
    /// The share of the units of UTF-16 that belong to the scripts of a text in which zeros are rare.
    /// </summary>
    public static double OfUtf16(ReadOnlySpan<char> text)
    {
        int known = 0,
            breaks = 0;
        foreach (var c in text)
        {
            breaks += c is '\n' or ' ' or '\u3002' or '\u3001' ? 1 : 0;
            known += c is '\n' or '\r' or '\t' or (>= ' ' and <= '~') || IsCommonWide(c) ? 1 : 0;
        }

        return text.IsEmpty || breaks == 0 ? 0 : (double)known / text.Length;
    }

    private static bool IsOdd(char c, char before, char after)
    {
        if (c is '\uFFFD' or (>= '\x80' and < '\xA0') || char.GetUnicodeCategory(c) is UnicodeCategory.PrivateUse)
        {
            return true;
        }

        if (char.IsSurrogate(c))
        {
            return false;
        }

        var script = ScriptOf(c);
        if (script == Script.None)
        {
            // A sign inside a word, such as the superscripts that another code page has for letters.
            return (
                    char.IsLetter(before)
                    && char.IsLetter(after)
                    && c is not ('\u00B7' or '\u2019' or '\u00AD' or '\u00A0')
                ) || (IsWordSign(c) && (char.IsLetter(before) || char.IsLetter(after)));
        }

        if (script is Script.EastAsian or Script.Hangul)
        {
            // One ideograph between Latin letters, and half-width letters that are not in runs of their own.
            return (char.IsAsciiLetter(before) && char.IsAsciiLetterLower(after))
                || (
                    c is >= '\uFF61' and <= '\uFF9F'
                    && ScriptOf(before) == Script.None
                    && ScriptOf(after) == Script.None
                )
                || !IsCommonWide(c);
        }

        return IsMixed(script, before)
            || IsMixed(script, after)
            || (char.IsUpper(c) && char.IsLower(before))
            || (char.IsLower(c) && char.IsUpper(before) && char.IsUpper(after));
    }

    /// <summary>Symbols that are never part of a word of letters.</summary>
    private static bool IsWordSign(char c) =>
        char.GetUnicodeCategory(c)
            is UnicodeCategory.OtherNumber
                or UnicodeCategory.CurrencySymbol
                or UnicodeCategory.ModifierSymbol
                or UnicodeCategory.MathSymbol
        || c is (>= '\u2500' and <= '\u259F') or '\u00A6' or '\u00AC';

    private static bool IsMixed(Script script, char neighbor) =>
        ScriptOf(neighbor) is var other and not Script.None && other != script && other is not Script.EastAsian;

    private static Script ScriptOf(char c) =>
        c switch
        {
            _ when !char.IsLetter(c)
                    && c is not ('\u0E31' or (>= '\u0E34' and <= '\u0E3A') or (>= '\u0E47' and <= '\u0E4E')) =>
                Script.None,
            'ª' or 'º' or 'µ' => Script.None,
            < '\u0250' or (>= '\u1E00' and < '\u1F00') => Script.Latin,
            >= '\u0370' and < '\u0400' => Script.Greek,
            >= '\u0400' and < '\u0530' => Script.Cyrillic,
            >= '\u0590' and < '\u0600' => Script.Hebrew,
            >= '\u0600' and < '\u0780' => Script.Arabic,
            >= '\u0E00' and < '\u0E80' => Script.Thai,
            >= '\uAC00' and < '\uD7B0' => Script.Hangul,
            >= '\u2E80' => Script.EastAsian,
            _ => Script.None,
        };

    private static bool IsCommonWide(char c) =>
        c
            is (>= '\u3000' and < '\u3100')
                or (>= '\u4E00' and < '\u9FA6')
                or (>= '\uAC00' and < '\uD7A4')
                or (>= '\uFF00' and < '\uFFEF')
                or (>= '\u2010' and < '\u2027')
                or (>= '\u2460' and < '\u2474')
                or (>= '\u0400' and < '\u0460')
                or (>= '\u0370' and < '\u03D0')
                or (>= '\u05D0' and < '\u05EB')
                or (>= '\u0600' and < '\u06FF')
                or (>= '\u0E00' and < '\u0E5C');
}
