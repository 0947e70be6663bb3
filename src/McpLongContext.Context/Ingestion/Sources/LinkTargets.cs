namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>Tells of the targets of links whether a scan reads them by their own path, and if not, why.</summary>
/// <param name="root">The directory that is scanned.</param>
/// <param name="open">The rules of a directory, by those above it; <see langword="null"/> when it cannot be
/// listed.</param>
internal sealed class LinkTargets(string root, Func<string, IgnoreScope?, bool, DirectoryRules?> open)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DirectoryRules? Rules, string? LeftOut)> _directories = new(
        StringComparer.Ordinal
    );

    /// <summary>Whether the scanned directory lies in a target.</summary>
    public bool ContainsRoot(string target) => RealPath.IsWithin(root, target);

    /// <summary>
    /// Why the scan does not read what lies beneath its root; <see langword="null"/> for what it reads.
    /// </summary>
    /// <param name="target">Without links.</param>
    public string? WhyNotRead(string target)
    {
        if (target == root || !RealPath.IsWithin(target, root))
        {
            return null;
        }

        var (rules, leftOut) = Directory(Path.GetDirectoryName(target)!);
        return leftOut ?? rules?.Judge(target, Path.GetFileName(target), System.IO.Directory.Exists(target)).Reason;
    }

    /// <summary>Whether a target is to be read after the link: the scan reads it nowhere else.</summary>
    public bool TryTake(string target) => !RealPath.IsWithin(target, root) && _taken.Add(target);

    private (DirectoryRules? Rules, string? LeftOut) Directory(string path)
    {
        if (_directories.TryGetValue(path, out var known))
        {
            return known;
        }

        var result = path == root ? (open(path, null, false), null) : Enter(path);
        _directories[path] = result;
        return result;
    }

    private (DirectoryRules? Rules, string? LeftOut) Enter(string path)
    {
        var (above, leftOut) = Directory(Path.GetDirectoryName(path)!);
        if (above is null || leftOut is not null)
        {
            return (null, leftOut);
        }

        var verdict = above.Judge(path, Path.GetFileName(path), isDirectory: true);
        return verdict.Reason is { } reason
            ? (null, reason)
            : (open(path, above.Scope, verdict.OnlyTracked && !GitRepository.IsRoot(path)), null);
    }
}
