namespace McpLongContext.Context.Retrieval.Highlights;

/// <summary>A line of a program or a sentence of a text.</summary>
/// <param name="Start">The first character within the passage's text, no white space.</param>
/// <param name="End">The character after the last one.</param>
internal readonly record struct Statement(int Start, int End)
{
    /// <summary>The text.</summary>
    public ReadOnlySpan<char> In(string passage) => passage.AsSpan(Start, End - Start);
}
