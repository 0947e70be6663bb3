namespace McpLongContext.Context.Retrieval;

/// <summary>The part of a text that is shown.</summary>
internal static class ShownText
{
    /// <summary>
    /// The text without blank lines at the ends: they belong to no citation. The indentation of the first line stays.
    /// </summary>
    public static string Of(string text)
    {
        var body = text.AsSpan().TrimStart();
        var indentation = text.AsSpan(0, text.Length - body.Length);
        return text[(indentation.LastIndexOf('\n') + 1)..].TrimEnd();
    }

    /// <summary>The characters of the blank lines that <see cref="Of"/> leaves out: no fewer than their tokens.</summary>
    public static int Blanks(string text) => text.Length - Of(text).Length;
}
