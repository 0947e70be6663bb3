namespace McpLongContext.Training.Examples;

/// <summary>Documents on disk: text files, and those of folders.</summary>
internal static class Corpus
{
    private static readonly string[] s_endings = [".txt", ".md", ".rst", ".org", ".tex"];

    /// <summary>
    /// Reads documents. What a folder holds counts by its ending; a file that is named is taken as it is.
    /// </summary>
    /// <param name="paths">Files and folders.</param>
    /// <returns>The documents by path, in the order of their paths.</returns>
    /// <exception cref="TrainingException">A path does not exist, cannot be read, or a folder has no text in
    /// it.</exception>
    public static IReadOnlyList<string> Read(IEnumerable<string> paths)
    {
        var texts = new List<string>();
        foreach (var path in paths)
        {
            string[] files = File.Exists(path) ? [path] : [.. FilesOf(path).Order(StringComparer.Ordinal)];
            if (files.Length == 0)
            {
                throw new TrainingException(
                    $"--corpus {path}: no text found; expected files that end in {string.Join(", ", s_endings)}."
                );
            }

            foreach (var file in files)
            {
                try
                {
                    texts.Add(File.ReadAllText(file));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new TrainingException($"--corpus {file}: cannot be read: {e.Message}", e);
                }
            }
        }

        return texts;
    }

    private static IEnumerable<string> FilesOf(string folder) =>
        Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => s_endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            : throw new TrainingException($"--corpus {folder}: not found.");
}
