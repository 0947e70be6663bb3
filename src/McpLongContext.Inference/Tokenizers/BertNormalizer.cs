using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>How a character takes part in a word.</summary>
internal enum CharacterRole
{
    /// <summary>Part of a word.</summary>
    Letter,

    /// <summary>Ends a word.</summary>
    Separator,

    /// <summary>A word of its own: punctuation, an ideograph.</summary>
    Isolated,
}

/// <summary>
/// BERT's normalizer and pre-tokenizer as a function of single code points: cleaning, spaces around ideographs,
/// accents stripped, lower case, then the cut at white space and punctuation.
/// </summary>
/// <param name="CleanText">Control characters are removed, all white space is equal.</param>
/// <param name="HandleChineseChars">Every ideograph is a word.</param>
/// <param name="StripAccents">Canonical decomposition, without nonspacing marks.</param>
/// <param name="Lowercase">Lower case, code point by code point.</param>
internal sealed record BertNormalizer(bool CleanText, bool HandleChineseChars, bool StripAccents, bool Lowercase)
{
    /// <summary>Most code points that one becomes.</summary>
    public const int MaxExpansion = UnicodeProperties.MaxDecomposition;

    private readonly UnicodeProperties _properties = UnicodeProperties.Instance;

    /// <summary>Writes what becomes of a code point.</summary>
    /// <param name="codePoint">A Unicode scalar value.</param>
    /// <param name="destination">Room for <see cref="MaxExpansion"/> code points.</param>
    /// <returns>The number of code points written; 0 when it is removed.</returns>
    public int Normalize(int codePoint, Span<int> destination)
    {
        if (CleanText && _properties.IsControl(codePoint) && codePoint is not ('\t' or '\n' or '\r'))
        {
            return 0;
        }

        var count = 1;
        destination[0] = codePoint;
        if (StripAccents)
        {
            count = _properties.StripAccents(codePoint, destination);
        }

        if (Lowercase)
        {
            count = ToLower(destination, count);
        }

        return count;
    }

    /// <summary>
    /// The role of the code points that <see cref="Normalize"/> wrote for <paramref name="codePoint"/>.
    /// </summary>
    /// <param name="codePoint">The code point before normalization.</param>
    /// <param name="normalized">One of those that it became.</param>
    public CharacterRole RoleOf(int codePoint, int normalized)
    {
        if (HandleChineseChars && UnicodeProperties.IsIdeograph(codePoint))
        {
            return CharacterRole.Isolated;
        }

        if (_properties.IsWhiteSpace(normalized))
        {
            return CharacterRole.Separator;
        }

        return _properties.IsPunctuation(normalized) ? CharacterRole.Isolated : CharacterRole.Letter;
    }

    private static int ToLower(Span<int> codePoints, int count)
    {
        // The one code point whose lower case is two: i with a dot above; left whole by the invariant culture.
        const int CapitalIWithDot = 0x130;
        if (count == 1 && codePoints[0] == CapitalIWithDot)
        {
            codePoints[0] = 'i';
            codePoints[1] = 0x307;
            return 2;
        }

        for (var i = 0; i < count; i++)
        {
            codePoints[i] = Rune.ToLowerInvariant(new Rune(codePoints[i])).Value;
        }

        return count;
    }
}
