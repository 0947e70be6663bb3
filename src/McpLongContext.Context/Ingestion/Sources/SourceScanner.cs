using System.IO.Enumeration;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Finds the files to ingest beneath a path, depth first and in ordinal order, and says of everything else why it is
/// left out. A directory that is left out is reported once and not entered.
/// </summary>
internal sealed class SourceScanner(AllowedRoots roots)
{
    /// <summary>Directories deeper than this beneath the scanned one are not entered.</summary>
    public const int MaxDepth = 100;

    /// <summary>Entries that one directory may have.</summary>
    public const int MaxEntries = 1_000_000;

    private static readonly EnumerationOptions s_everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Scans a file or a directory.</summary>
    /// <param name="path">As the user named it.</param>
    /// <param name="cancellation">Ends the scan.</param>
    /// <exception cref="ContextException">The path does not exist or is outside the allowed roots.</exception>
    public IEnumerable<SourceEntry> Scan(string path, CancellationToken cancellation = default)
    {
        var resolved = roots.Resolve(path);
        if (RefusePath(resolved) is { } reason)
        {
            return [new SkippedSource(resolved, reason)];
        }

        return Directory.Exists(resolved) ? ScanDirectory(resolved, cancellation) : [ScanFile(resolved)];
    }

    /// <summary>A file that the user named: ignore rules and default excludes do not hold for it.</summary>
    private SourceEntry ScanFile(string path)
    {
        var info = new FileInfo(path);
        return Accept(path, info.Length, new DateTimeOffset(info.LastWriteTimeUtc), named: true);
    }

    private IEnumerable<SourceEntry> ScanDirectory(string root, CancellationToken cancellation)
    {
        var visited = new HashSet<string>(StringComparer.Ordinal) { root };
        var pending = new Stack<Pending>();
        pending.Push(new Pending(root, IgnoreScope.Above(roots, root), Depth: 0));
        while (pending.TryPop(out var current))
        {
            cancellation.ThrowIfCancellationRequested();
            if (current.File is { } file)
            {
                yield return file;
                continue;
            }

            if (List(current.Path, cancellation, out var refusal) is not { } found)
            {
                yield return new SkippedSource(current.Path, refusal!, IsTransient: true);
                continue;
            }

            // Pushed in reverse, so that they are popped in order.
            var names = found.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
            var scope = IgnoreScope.In(roots, current.Above, current.Path, names);
            for (var i = found.Count - 1; i >= 0; i--)
            {
                pending.Push(Judge(found[i], current, scope, root, names, visited));
            }
        }
    }

    private Pending Judge(
        Found found,
        Pending parent,
        IgnoreScope scope,
        string root,
        HashSet<string> siblings,
        HashSet<string> visited
    )
    {
        var path = Path.Join(parent.Path, found.Name);
        if (RefuseName(found.Name) is { } refusal)
        {
            return Skip(path, refusal);
        }

        var decision = scope.Decide(path, found.IsDirectory);
        if (decision is { Ignored: true })
        {
            return Skip(path, decision.Reason);
        }

        var isTakenBack = decision is { ByOwnFile: true };
        if (!isTakenBack && DefaultExcludes.Judge(found.Name, found.IsDirectory, siblings) is { } reason)
        {
            return Skip(path, reason);
        }

        if (found.IsLink)
        {
            return JudgeLink(path, root, parent.Depth, visited);
        }

        if (!found.IsDirectory)
        {
            return new Pending(path, Accept(path, found.Size, found.Modified, named: false));
        }

        return EnterDirectory(path, scope, parent.Depth + 1);
    }

    private Pending JudgeLink(string path, string root, int depth, HashSet<string> visited)
    {
        string target;
        try
        {
            target = RealPath.Of(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Skip(path, "a link that leads in a circle");
        }

        if (!roots.Contains(target))
        {
            return Skip(
                path,
                $"a link that leads outside the allowed roots, to {Printable.Path(target)}; --allow-root adds its directory"
            );
        }

        // A link with a harmless name must not bring in what would be refused by its own.
        if (RefusePath(target) is { } reason)
        {
            return Skip(path, $"a link to {Printable.Path(target)}: {reason}");
        }

        if (!Path.Exists(target))
        {
            return Skip(path, $"a link to nothing: {Printable.Path(target)} does not exist");
        }

        if (RealPath.IsWithin(target, root) || !visited.Add(target))
        {
            return Skip(path, $"a link to {Printable.Path(target)}, which is read there");
        }

        if (Directory.Exists(target))
        {
            return RealPath.IsWithin(root, target)
                ? Skip(path, $"a link to {Printable.Path(target)}, which contains this directory")
                : EnterDirectory(target, IgnoreScope.Above(roots, target), depth + 1);
        }

        var info = new FileInfo(target);
        return new Pending(path, Accept(target, info.Length, new DateTimeOffset(info.LastWriteTimeUtc), named: false));
    }

    private static Pending EnterDirectory(string path, IgnoreScope? above, int depth) =>
        depth > MaxDepth ? Skip(path, $"nested deeper than {MaxDepth} directories") : new Pending(path, above, depth);

    private SourceEntry Accept(string path, long size, DateTimeOffset modified, bool named) =>
        size switch
        {
            0 => new SkippedSource(path, WhyNothing(path)),
            > DocumentReader.MaxFileBytes => new SkippedSource(path, DocumentReader.TooLarge(size)),
            _ => new SourceFile(path, size, modified, named),
        };

    /// <summary>What has no length is not always a file: pipes and sockets have none either.</summary>
    private string WhyNothing(string path)
    {
        try
        {
            using var stream = roots.OpenRead(path);
            return "empty";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return $"it cannot be read: {e.Message}";
        }
    }

    private static Pending Skip(string path, string reason) => new(path, new SkippedSource(path, reason));

    private static string? RefuseName(string name) =>
        !Printable.IsPrintable(name)
            ? "its name holds control characters or is not valid UTF-8; rename it"
            : DefaultExcludes.JudgeSecret(name);

    /// <summary>Why a path without links is refused by a name on it, beneath the root that allows it.</summary>
    private string? RefusePath(string path)
    {
        var root = roots.Roots.Where(root => RealPath.IsWithin(path, root)).MaxBy(root => root.Length)!;
        return Path.GetRelativePath(root, path)
            .Split(Path.DirectorySeparatorChar)
            .Select(RefuseName)
            .FirstOrDefault(reason => reason is not null);
    }

    private static List<Found>? List(string directory, CancellationToken cancellation, out string? refusal)
    {
        refusal = null;
        var found = new List<Found>();
        try
        {
            var entries = new FileSystemEnumerable<Found>(directory, Found.From, s_everything);
            foreach (var entry in entries)
            {
                cancellation.ThrowIfCancellationRequested();
                if (found.Count == MaxEntries)
                {
                    refusal = $"it has more than {MaxEntries:N0} entries; ingest parts of it";
                    return null;
                }

                found.Add(entry);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refusal = e is UnauthorizedAccessException ? "it may not be read" : $"it cannot be listed: {e.Message}";
            return null;
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    private readonly record struct Found(string Name, bool IsDirectory, bool IsLink, long Size, DateTimeOffset Modified)
    {
        public static Found From(ref FileSystemEntry entry) =>
            new(
                entry.FileName.ToString(),
                entry.IsDirectory,
                entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
                entry.IsDirectory ? 0 : entry.Length,
                entry.LastWriteTimeUtc
            );
    }

    /// <summary>A directory to list, or an entry to return when its turn comes.</summary>
    private readonly record struct Pending(string Path, IgnoreScope? Above, int Depth, SourceEntry? File = null)
    {
        public Pending(string path, SourceEntry entry)
            : this(path, null, 0, entry) { }
    }
}
