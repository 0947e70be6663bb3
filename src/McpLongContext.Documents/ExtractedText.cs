namespace McpLongContext.Documents;

/// <summary>The text of a document.</summary>
/// <param name="Text">The text; lines end with LF.</param>
/// <param name="Marks">Where its lines stand in the file, in order; may be empty.</param>
public sealed record ExtractedText(string Text, IReadOnlyList<LocationMark> Marks)
{
    /// <summary>
    /// The fragment of the lines from one to another, 1-based; <see langword="null"/> where none is known.
    /// </summary>
    public string? Locate(int startLine, int endLine) =>
        MarkAt(startLine) is { } first ? LocationFragment.Join(first.Fragment, MarkAt(endLine)!.Value.Fragment) : null;

    /// <summary>The last mark at or above a line.</summary>
    private LocationMark? MarkAt(int line)
    {
        int low = 0,
            high = Marks.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Marks[middle].Line <= line)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 ? Marks[low - 1] : null;
    }
}
