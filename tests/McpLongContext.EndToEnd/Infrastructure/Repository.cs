using System.Runtime.CompilerServices;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>This repository: the real tree that the tests work on.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A tree of some twenty source files, relative to the root.</summary>
    public const string Tree = "src/McpLongContext.Inference/Models";

    /// <summary>A tree that takes seconds to encode.</summary>
    public const string LargerTree = "src/McpLongContext.Inference";

    /// <summary>Lines of a file, 1-based and inclusive.</summary>
    public static string Lines(string path, int start, int end) =>
        string.Join('\n', File.ReadAllLines(Path.Combine(Root, path))[(start - 1)..end]);

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "McpLongContext.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No McpLongContext.sln above {here}.");
    }
}
