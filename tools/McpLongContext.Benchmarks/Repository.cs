namespace McpLongContext.Benchmarks;

/// <summary>The checkout that the benchmarks run from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Peers => Path.Combine(Root, "tools", "McpLongContext.Benchmarks", "Peers");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "McpLongContext.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new InvalidOperationException($"No McpLongContext.sln above '{AppContext.BaseDirectory}'.");
    }
}
