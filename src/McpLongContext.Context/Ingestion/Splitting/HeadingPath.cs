namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>The headings that hold at a place in a document, outermost first.</summary>
internal sealed class HeadingPath
{
    private const int MaxLength = 100;

    private readonly string?[] _levels = new string?[8];

    /// <summary>The headings, joined.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Sets the heading of a level and forgets those beneath it.</summary>
    public void Set(int level, ReadOnlySpan<char> heading)
    {
        heading = heading.Trim();
        _levels[level] = heading[..Math.Min(heading.Length, MaxLength)].ToString();
        Array.Clear(_levels, level + 1, _levels.Length - level - 1);
        Text = string.Join(" > ", _levels.Where(text => !string.IsNullOrEmpty(text)));
    }
}
