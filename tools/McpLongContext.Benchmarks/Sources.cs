namespace McpLongContext.Benchmarks;

/// <summary>Real source texts, as they lie on the machine.</summary>
internal static class Sources
{
    private const int LinesPerPassage = 20;

    private static readonly string[] s_extensions =
    [
        ".cs",
        ".py",
        ".c",
        ".h",
        ".cpp",
        ".hpp",
        ".js",
        ".ts",
        ".java",
        ".go",
        ".rs",
        ".pm",
        ".md",
    ];

    /// <summary>The source files beneath a folder in a fixed order, generated ones left out.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Where(file => s_extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal))
            .Where(file => !IsGenerated(file))
            .Order(StringComparer.Ordinal);

    /// <summary>A file in passages of twenty lines.</summary>
    public static List<string> Passages(string file) =>
        [.. File.ReadLines(file).Chunk(LinesPerPassage).Select(lines => string.Join('\n', lines))];

    private static bool IsGenerated(string file)
    {
        var separator = Path.DirectorySeparatorChar;
        return file.Contains($"{separator}obj{separator}", StringComparison.Ordinal)
            || file.Contains($"{separator}bin{separator}", StringComparison.Ordinal);
    }
}
