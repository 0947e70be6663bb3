using McpLongContext.Storage.Analysis.Reading;

namespace McpLongContext.Storage.Analysis;

/// <summary>Forms of the same text that people and systems do not tell apart.</summary>
public static class TextForms
{
    /// <summary>
    /// The text with small letters, without diacritics, and with plain letters for those in another form (NFKC): equal
    /// for composed and decomposed characters. Everything else is kept.
    /// </summary>
    public static string Fold(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = new CharBuffer();
        var source = CompatibilityForms.Fold(text, plain, forTerms: false) ? plain.Span.ToString() : text;
        var folded = new CharBuffer();
        foreach (var c in source)
        {
            if (char.IsAscii(c))
            {
                folded.Add(char.ToLowerInvariant(c));
            }
            else if (Characters.Spelled(c) is { IsEmpty: false } letters)
            {
                folded.Add(letters);
            }
            else if (Characters.Fold(c) is not '\0' and var letter)
            {
                folded.Add(letter);
            }
        }

        return folded.Span.ToString();
    }
}
