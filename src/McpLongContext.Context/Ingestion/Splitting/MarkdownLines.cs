namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>The meaning of single lines of Markdown, AsciiDoc and reStructuredText.</summary>
internal static class MarkdownLines
{
    /// <summary>Whether a line is a heading of its own (<c># ...</c>).</summary>
    public static bool IsHeading(ReadOnlySpan<char> line) => HeadingLevel(line) > 0;

    /// <summary>The level of a heading, 1 to 6; 0 for any other line.</summary>
    public static int HeadingLevel(ReadOnlySpan<char> line)
    {
        var mark = line.IsEmpty ? '\0' : line[0];
        if (mark is not ('#' or '='))
        {
            return 0;
        }

        var level = line.IndexOfAnyExcept(mark);
        return level is >= 1 and <= 6 && line[level] is ' ' or '\t' ? level : 0;
    }

    /// <summary>Whether a line underlines the text above it.</summary>
    public static bool IsUnderline(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd();
        return line.Length >= 3 && line[0] is '=' or '-' or '~' or '^' && line.IndexOfAnyExcept(line[0]) < 0;
    }

    /// <summary>The fence that a line opens (three or more backticks or tildes); empty for any other line.</summary>
    public static ReadOnlySpan<char> Fence(ReadOnlySpan<char> line)
    {
        line = line.TrimStart();
        if (line.IsEmpty || line[0] is not ('`' or '~'))
        {
            return [];
        }

        var length = line.IndexOfAnyExcept(line[0]);
        length = length < 0 ? line.Length : length;
        return length >= 3 ? line[..length] : [];
    }

    /// <summary>Whether a line begins an item of a list that is not nested.</summary>
    public static bool IsListItem(ReadOnlySpan<char> line)
    {
        if (line is ['-' or '*' or '+', ' ' or '\t', ..])
        {
            return true;
        }

        var digits = line.IndexOfAnyExceptInRange('0', '9');
        return digits is > 0 and < 4 && line[digits..] is ['.' or ')', ' ', ..];
    }
}
