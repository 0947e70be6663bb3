using System.IO.Enumeration;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Finds the files to ingest beneath a path, depth first and in ordinal order, and says of everything else why it is
/// left out. A directory that is left out is reported once and not entered.
/// </summary>
/// <param name="roots">Where files may be read.</param>
/// <param name="user">Git's files of the user; none when left out.</param>
internal sealed class SourceScanner(AllowedRoots roots, GitUserFiles? user = null)
{
    /// <summary>Directories deeper than this beneath the scanned one are not entered.</summary>
    public const int MaxDepth = 100;

    /// <summary>Entries that one directory may have.</summary>
    public const int MaxEntries = 1_000_000;

    private readonly GitUserFiles _user = user ?? GitUserFiles.None;

    private static readonly EnumerationOptions s_everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Scans a file or a directory.</summary>
    /// <param name="path">As the user named it.</param>
    /// <param name="trace">Told what the outcome depends on.</param>
    /// <param name="cancellation">Ends the scan.</param>
    /// <exception cref="ContextException">The path does not exist or is outside the allowed roots.</exception>
    public IEnumerable<SourceEntry> Scan(string path, ScanTrace? trace = null, CancellationToken cancellation = default)
    {
        var resolved = roots.Resolve(path);
        if (RefusePath(resolved) is { } reason)
        {
            return [new SkippedSource(resolved, reason)];
        }

        return Directory.Exists(resolved) ? ScanDirectory(resolved, trace, cancellation) : [ScanFile(resolved, trace)];
    }

    /// <summary>A file that the user named: ignore rules and default excludes do not hold for it.</summary>
    private SourceEntry ScanFile(string path, ScanTrace? trace)
    {
        if (Path.GetFileName(path) == GitRepository.MarkName)
        {
            return new SkippedSource(path, DefaultExcludes.VersionControl);
        }

        var info = new FileInfo(path);
        var wanted = DecisionOn(path) is { TakesBackSecret: true } ? Wanted.EvenAsSecret : Wanted.Explicitly;
        trace?.AddContent(path);
        return Accept(path, info.Length, new DateTimeOffset(info.LastWriteTimeUtc), wanted);
    }

    private IEnumerable<SourceEntry> ScanDirectory(string root, ScanTrace? trace, CancellationToken cancellation)
    {
        var links = new LinkTargets(root, OpenRules);
        IgnoreScope.Trace(roots, _user, root, trace);
        var pending = new Stack<Pending>();
        pending.Push(new Pending(root, IgnoreScope.Above(roots, _user, root), Depth: 0));
        while (pending.TryPop(out var current))
        {
            cancellation.ThrowIfCancellationRequested();
            if (current.File is { } file)
            {
                yield return file;
                continue;
            }

            trace?.AddStructure(current.Path);
            if (List(current.Path, cancellation, out var refusal) is not { } found)
            {
                yield return new SkippedSource(current.Path, refusal!, IsTransient: true);
                continue;
            }

            var names = found.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
            if (GitRepository.IsBare(names))
            {
                yield return new SkippedSource(current.Path, DefaultExcludes.VersionControl);
                continue;
            }

            IgnoreScope.Trace(_user, current.Path, names, trace);
            // Pushed in reverse, so that they are popped in order.
            var scope = IgnoreScope.In(roots, _user, current.Above, current.Path, names);
            var rules = new DirectoryRules(scope, names, current.OnlyTracked);
            for (var i = found.Count - 1; i >= 0; i--)
            {
                if (Judge(found[i], current, rules, links) is { } entry)
                {
                    if (entry.File is SkippedSource { IsOfSize: true } skipped)
                    {
                        trace?.AddContent(skipped.Path, found[i].Size);
                    }

                    pending.Push(entry);
                }
            }
        }
    }

    /// <summary>The outcome for an entry; <see langword="null"/> when its directory was reported already.</summary>
    private Pending? Judge(Found found, Pending parent, DirectoryRules rules, LinkTargets links)
    {
        var path = Path.Join(parent.Path, found.Name);
        var verdict = rules.Judge(path, found.Name, found.IsDirectory);
        if (verdict.IsUnlisted)
        {
            return null;
        }

        if (verdict.Reason is { } reason)
        {
            return new Pending(path, new SkippedSource(path, reason, verdict.StaysStored));
        }

        if (found.IsLink)
        {
            return JudgeLink(path, parent.Depth, verdict, links);
        }

        return found.IsDirectory
            ? EnterDirectory(path, rules.Scope, parent.Depth + 1, verdict.OnlyTracked)
            : new Pending(path, Accept(path, found.Size, found.Modified, verdict.Wanted));
    }

    private Pending JudgeLink(string path, int depth, Verdict verdict, LinkTargets links)
    {
        string target;
        try
        {
            target = RealPath.Of(path);
        }
        catch (IOException)
        {
            return Skip(path, $"a link that leads in a circle, or through more than {RealPath.MaxLinks} links");
        }
        catch (UnauthorizedAccessException e)
        {
            return Skip(path, $"a link that cannot be followed: {e.Message}");
        }

        var shown = Printable.Path(target);
        if (AllowedRoots.KernelFolderOf(target) is { } kernel)
        {
            return Skip(path, $"a link to {shown}; nothing is read in {kernel}");
        }

        if (!roots.Contains(target))
        {
            return Skip(
                path,
                $"a link that leads outside the allowed roots, to {shown}; --allow-root adds its directory"
            );
        }

        // A link with a harmless name must not bring in what would be refused by its own.
        if (RefusePath(target) is { } reason)
        {
            return Skip(path, $"a link to {shown}: {reason}");
        }

        if (!Path.Exists(target))
        {
            return Skip(path, $"a link to nothing: {shown} does not exist");
        }

        if (links.WhyNotRead(target) is { } notRead)
        {
            return Skip(path, $"a link to {shown}, which is left out: {notRead}");
        }

        var isDirectory = Directory.Exists(target);
        var entry = isDirectory ? null : AcceptTarget(target, verdict.Wanted);
        if (entry is SkippedSource refused)
        {
            return Skip(path, $"a link to {shown}: {refused.Reason}");
        }

        if (!links.TryTake(target))
        {
            return Skip(path, $"a link to {shown}, which is read there");
        }

        if (!isDirectory)
        {
            return new Pending(path, entry!);
        }

        return links.ContainsRoot(target)
            ? Skip(path, $"a link to {shown}, which contains this directory")
            : EnterDirectory(target, IgnoreScope.Above(roots, _user, target), depth + 1, onlyTracked: false);
    }

    private SourceEntry AcceptTarget(string target, Wanted wanted)
    {
        var info = new FileInfo(target);
        return Accept(target, info.Length, new DateTimeOffset(info.LastWriteTimeUtc), wanted);
    }

    /// <summary>The rules of a directory that is not being scanned.</summary>
    private DirectoryRules? OpenRules(string directory, IgnoreScope? above, bool onlyTracked)
    {
        if (List(directory, CancellationToken.None, out _) is not { } found)
        {
            return null;
        }

        var names = found.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        above ??= IgnoreScope.Above(roots, _user, directory);
        return new DirectoryRules(IgnoreScope.In(roots, _user, above, directory, names), names, onlyTracked);
    }

    /// <summary>The decision of the ignore files on a path without links.</summary>
    private IgnoreDecision? DecisionOn(string path) =>
        Path.GetDirectoryName(path) is { } directory && roots.Contains(directory)
            ? IgnoreScope
                .In(roots, _user, IgnoreScope.Above(roots, _user, directory), directory, names: null)
                .Decide(path, Directory.Exists(path))
            : null;

    private static Pending EnterDirectory(string path, IgnoreScope? above, int depth, bool onlyTracked) =>
        depth > MaxDepth
            ? Skip(path, $"nested deeper than {MaxDepth} directories")
            : new Pending(path, above, depth, onlyTracked && !GitRepository.IsRoot(path));

    private SourceEntry Accept(string path, long size, DateTimeOffset modified, Wanted wanted) =>
        size switch
        {
            0 => new SkippedSource(path, WhyNothing(path)) { IsOfSize = true },
            _ when DocumentReader.MaxBytesOf(path) is var most && size > most => new SkippedSource(
                path,
                DocumentReader.TooLarge(size, most)
            )
            {
                IsOfSize = true,
            },
            _ => new SourceFile(path, size, modified, wanted),
        };

    /// <summary>Not every entry without a length is a file: pipes and sockets have none either.</summary>
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

    /// <summary>Why a path without links is refused by a name on it, beneath the root that allows it.</summary>
    private string? RefusePath(string path)
    {
        var current = roots.Roots.Where(root => RealPath.IsWithin(path, root)).MaxBy(root => root.Length)!;
        foreach (var name in Path.GetRelativePath(current, path).Split(Path.DirectorySeparatorChar))
        {
            current = Path.Join(current, name);
            if (!Printable.IsPrintable(name))
            {
                return DirectoryRules.UnprintableName;
            }

            var isDirectory = current.Length < path.Length || Directory.Exists(current);
            if (
                DefaultExcludes.JudgeSecret(name, isDirectory) is { } secret
                && DecisionOn(current) is not { TakesBackSecret: true }
            )
            {
                return secret;
            }
        }

        return null;
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
    private readonly record struct Pending(
        string Path,
        IgnoreScope? Above,
        int Depth,
        bool OnlyTracked = false,
        SourceEntry? File = null
    )
    {
        public Pending(string path, SourceEntry entry)
            : this(path, null, 0, File: entry) { }
    }
}
