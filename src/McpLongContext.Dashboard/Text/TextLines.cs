using McpLongContext.Context.Documents;

namespace McpLongContext.Dashboard.Text;

/// <summary>The lines of a text with their numbers.</summary>
public static class TextLines
{
    /// <summary>Splits a text, hidden characters made visible.</summary>
    /// <param name="text">The text; a last line feed begins no line.</param>
    /// <param name="first">The number of its first line.</param>
    public static IEnumerable<(int Number, string Line)> Of(string text, int first) =>
        (text.EndsWith('\n') ? text[..^1] : text)
            .Split('\n')
            .Select((line, i) => (first + i, VisibleText.Lines(line.TrimEnd('\r'))));
}
