namespace McpLongContext.Inference.Checkpoints;

/// <summary>The files of a model's folder.</summary>
internal static class FolderFiles
{
    /// <summary>
    /// The files of an ending in any case, in a fixed order, without hidden ones; none where there is no folder.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="ending">With its dot, for example <c>.gguf</c>.</param>
    public static string[] Of(string folder, string ending) =>
        Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder)
                    .Where(path => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                    .Where(path => Path.GetFileName(path)[0] != '.')
                    .Order(StringComparer.Ordinal),
            ]
            : [];
}
