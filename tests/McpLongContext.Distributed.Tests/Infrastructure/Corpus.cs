namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>Folders of this repository, copied so that no Git tree is around them.</summary>
internal static class Corpus
{
    /// <summary>The folder of the checkout.</summary>
    public static string Repository { get; } = Find();

    /// <summary>Copies the files of folders beneath one.</summary>
    public static void Copy(string target, params string[] folders)
    {
        foreach (var folder in folders)
        {
            var files = Directory
                .EnumerateFiles(Path.Combine(Repository, folder), "*", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/") && !file.Contains("/bin/"))
                .Where(file => Path.GetExtension(file) is ".cs" or ".md");
            foreach (var file in files)
            {
                var copy = Path.Combine(target, Path.GetRelativePath(Repository, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "McpLongContext.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
