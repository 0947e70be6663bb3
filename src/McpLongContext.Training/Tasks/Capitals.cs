namespace McpLongContext.Training.Tasks;

/// <summary>Capital letters of sentences and names.</summary>
internal static class Capitals
{
    /// <summary>The text with a capital first letter.</summary>
    /// <param name="text">Not empty.</param>
    public static string First(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
