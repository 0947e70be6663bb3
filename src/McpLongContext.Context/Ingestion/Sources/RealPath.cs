namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>The path of a file with every symbolic link on the way resolved, as <c>realpath(3)</c> gives it.</summary>
internal static class RealPath
{
    /// <summary>As many links as Linux follows before it reports a loop.</summary>
    public const int MaxLinks = 40;

    /// <summary>
    /// Resolves <paramref name="path"/>; components that do not exist are kept as written.
    /// </summary>
    /// <exception cref="IOException">More than 40 links, or a link that cannot be read.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var resolved = Path.GetPathRoot(full)!;
        var pending = new Stack<string>();
        PushComponents(pending, full[resolved.Length..]);
        var links = 0;
        while (pending.TryPop(out var component))
        {
            var next = Path.Join(resolved, component);
            var target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                resolved = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException($"'{path}' passes through more than {MaxLinks} links.");
            }

            // A relative target may begin with "..": what stands in front of it is resolved already.
            var absolute = Path.GetFullPath(target, resolved);
            resolved = Path.GetPathRoot(absolute)!;
            PushComponents(pending, absolute[resolved.Length..]);
        }

        return resolved;
    }

    /// <summary>
    /// Whether <paramref name="path"/> is <paramref name="directory"/> or lies beneath it; both resolved.
    /// </summary>
    public static bool IsWithin(string path, string directory)
    {
        var root = Path.TrimEndingDirectorySeparator(directory);
        return path.StartsWith(root, Comparison)
            && (
                path.Length == root.Length
                || Path.EndsInDirectorySeparator(root)
                || path[root.Length] == Path.DirectorySeparatorChar
            );
    }

    /// <summary>
    /// Windows ignores case. macOS does so on most volumes but not on all, so another spelling is refused there: that
    /// can be inconvenient, but never opens a sibling.
    /// </summary>
    private static StringComparison Comparison =>
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private static void PushComponents(Stack<string> pending, string path)
    {
        var components = path.Split(
            [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar],
            StringSplitOptions.RemoveEmptyEntries
        );
        for (var i = components.Length - 1; i >= 0; i--)
        {
            pending.Push(components[i]);
        }
    }
}
