using System.Text;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// A <c>.gitignore</c>, <c>.git/info/exclude</c>, <c>core.excludesFile</c> or <c>.longcontextignore</c>.
/// </summary>
internal sealed class IgnoreFile
{
    /// <summary>Beyond this an ignore file is no list of patterns any more.</summary>
    public const int MaxBytes = 256 * 1024;

    private readonly List<IgnorePattern> _patterns = [];

    private IgnoreFile(string name, string content)
    {
        Name = name;
        var lines = content.TrimStart('\uFEFF').Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (IgnorePattern.Parse(lines[i], i + 1) is { } pattern)
            {
                _patterns.Add(pattern);
            }
        }
    }

    /// <summary>The file's name, for reasons.</summary>
    public string Name { get; }

    /// <summary>Reads the file; null when there is none that may be read. Links are not followed, as in git.</summary>
    public static IgnoreFile? Load(AllowedRoots roots, string directory, string name)
    {
        var path = Path.Join(directory, name);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || info.Length is 0 or > MaxBytes || info.LinkTarget is not null)
            {
                return null;
            }

            using var stream = roots.OpenRead(path);
            var bytes = new byte[Math.Min(stream.Length, MaxBytes)];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return new IgnoreFile(name, Encoding.UTF8.GetString(bytes, 0, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reads a file that Git itself keeps beside the documents: links are followed, the allowed roots do not matter.
    /// </summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="name">The name that reasons call it by.</param>
    public static IgnoreFile? LoadGit(string path, string name) =>
        RegularFile.TryRead(path, MaxBytes) is { Length: > 0 } bytes
            ? new IgnoreFile(name, Encoding.UTF8.GetString(bytes))
            : null;

    /// <summary>Reads patterns from a text.</summary>
    public static IgnoreFile Parse(string name, string content) => new(name, content);

    /// <summary>The pattern that decides on a path: the last one that matches.</summary>
    /// <param name="path">Relative to the directory of the file, with slashes.</param>
    /// <param name="isDirectory">Whether the path is a directory.</param>
    public IgnorePattern? Match(ReadOnlySpan<byte> path, bool isDirectory)
    {
        for (var i = _patterns.Count - 1; i >= 0; i--)
        {
            if (_patterns[i].Matches(path, isDirectory))
            {
                return _patterns[i];
            }
        }

        return null;
    }
}
