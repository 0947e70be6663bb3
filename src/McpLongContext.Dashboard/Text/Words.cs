namespace McpLongContext.Dashboard.Text;

/// <summary>The words of a text as people write them.</summary>
public static class Words
{
    /// <summary>Runs of letters, digits and underscores.</summary>
    public static IEnumerable<string> Of(string text)
    {
        for (var start = 0; start < text.Length; )
        {
            var end = start;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (end > start)
            {
                yield return text[start..end];
            }

            start = end + 1;
        }
    }
}
