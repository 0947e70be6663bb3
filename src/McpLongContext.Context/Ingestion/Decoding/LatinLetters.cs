namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// The letters outside ASCII of languages that are written in Latin letters. Encodings of one byte a character differ
/// in them alone, and what a wrong one shows belongs to no single language.
/// </summary>
internal static class LatinLetters
{
    private static readonly string[] s_languages =
    [
        "äöüßéàè", // German
        "àâæçéèêëîïôœùûüÿ", // French
        "áéíñóúüçàèòï·", // Spanish, Catalan
        "áàâãçéêíóôõúü", // Portuguese
        "àèéìíòóùú", // Italian
        "åäöæøéüà", // Danish, Swedish, Norwegian, Finnish
        "áðéíóúýþæö", // Icelandic
        "éëïóöüèáê", // Dutch
        "ąćęłńóśźż", // Polish
        "áčďéěíňóřšťúůýžľĺŕôä", // Czech, Slovak
        "áéíóöőúüű", // Hungarian
        "ăâîşţșț", // Romanian
        "čćđšž", // Croatian, Slovene
        "çğıiöşüâîû", // Turkish
        "ąčęėįšųūž", // Lithuanian
        "āčēģīķļņšūž", // Latvian
        "äöõüšž", // Estonian
    ];

    /// <summary>
    /// The share of the Latin letters outside ASCII that belong to the language which explains most of them.
    /// </summary>
    /// <param name="text">A decoded text.</param>
    /// <returns>0 to 1; 1 for a text without such letters.</returns>
    public static double Coherence(ReadOnlySpan<char> text)
    {
        var counts = new Dictionary<char, int>();
        var all = 0;
        foreach (var c in text)
        {
            if (c is >= '\x80' and < '\u0250' && char.IsLetter(c) && c is not ('ª' or 'º' or 'µ'))
            {
                var lower = c == 'İ' ? 'i' : char.ToLowerInvariant(c);
                counts[lower] = counts.GetValueOrDefault(lower) + 1;
                all++;
            }
        }

        return all == 0
            ? 1
            : s_languages.Max(letters =>
                (double)counts.Where(pair => letters.Contains(pair.Key)).Sum(pair => pair.Value)
            ) / all;
    }
}
