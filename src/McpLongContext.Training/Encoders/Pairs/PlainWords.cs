namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>Tells texts from tables, banners and drawings of characters.</summary>
internal static class PlainWords
{
    private const double LeastLetters = 0.6;

    /// <summary>Whether most characters, white space not counted, are letters.</summary>
    public static bool Are(string text)
    {
        var (letters, others) = (0, 0);
        foreach (var c in text)
        {
            letters += char.IsLetter(c) ? 1 : 0;
            others += char.IsLetter(c) || char.IsWhiteSpace(c) ? 0 : 1;
        }

        return letters >= LeastLetters * (letters + others);
    }
}
