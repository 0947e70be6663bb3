namespace McpLongContext.Context.Documents;

/// <summary>
/// Translates between the path that identifies a document (absolute; a text has the bare name that it was given) and
/// the one that is shown: relative to the working directory when beneath it, with forward slashes.
/// </summary>
internal sealed class DocumentPaths(string workingDirectory)
{
    private readonly string _base =
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(workingDirectory)) + Path.DirectorySeparatorChar;

    /// <summary>The path as citations show it.</summary>
    public string Show(string path)
    {
        var shown = IsBeneath(path) ? path[_base.Length..] : path;
        return Path.DirectorySeparatorChar == '/' ? shown : shown.Replace(Path.DirectorySeparatorChar, '/');
    }

    /// <summary>Whether a path lies beneath the working directory.</summary>
    public bool IsBeneath(string path) => path.StartsWith(_base, StringComparison.Ordinal);

    /// <summary>Whether a text can be a path at all.</summary>
    public static bool IsPath(string text) =>
        !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>
    /// The identifying path of a file that was named absolutely or relative to the working directory.
    /// </summary>
    public string Identify(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, _base));
}
