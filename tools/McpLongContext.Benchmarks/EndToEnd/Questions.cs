namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>Questions to a corpus: what its own comments say, and a few that no comment says.</summary>
internal static class Questions
{
    private const int MinWords = 6;
    private const int MaxWords = 14;

    private static readonly string[] s_general =
    [
        "How are temporary files removed when a process ends?",
        "Where is the length of a buffer checked before it is copied?",
        "Which function parses a date with a time zone?",
        "What happens when a connection is closed by the other side?",
        "How is a configuration file found and read?",
    ];

    /// <summary>Questions about files, a fixed selection.</summary>
    public static List<string> About(IReadOnlyList<string> files, int count)
    {
        var step = Math.Max(1, files.Count / count);
        var comments = files
            .Where((_, i) => i % step == 0)
            .Select(file => File.ReadLines(file).Select(Comment).FirstOrDefault(text => text is not null))
            .OfType<string>();
        return [.. s_general.Concat(comments).Take(count)];
    }

    private static string? Comment(string line)
    {
        var text = line.Trim();
        if (!text.StartsWith('#') && !text.StartsWith("//", StringComparison.Ordinal) && !text.StartsWith('*'))
        {
            return null;
        }

        text = text.TrimStart('#', '/', '*', '!', ' ');
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length is >= MinWords and <= MaxWords && words.All(word => word.Any(char.IsAsciiLetter))
            ? text
            : null;
    }
}
