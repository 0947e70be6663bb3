using System.Text;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>The decision of the ignore files about a path.</summary>
/// <param name="Ignored">Whether it is ignored; false when it is taken back explicitly.</param>
/// <param name="ByOwnFile">Whether a <c>.longcontextignore</c> says so, which also overrules the default
/// excludes.</param>
/// <param name="Reason">The file, line and pattern that decided.</param>
/// <param name="Pattern">The pattern.</param>
internal sealed record IgnoreDecision(bool Ignored, bool ByOwnFile, string Reason, IgnorePattern Pattern)
{
    /// <summary>Whether a <c>.longcontextignore</c> takes the path back from the default excludes.</summary>
    public bool IsTakenBack => ByOwnFile && !Ignored;

    /// <summary>
    /// Whether it takes back even a secret: the pattern names it, so that <c>!*.json</c> brings in no credentials.
    /// </summary>
    public bool TakesBackSecret =>
        IsTakenBack
        && (
            Pattern.IsLiteral
            || DefaultExcludes.JudgeSecret(Pattern.LastName, isDirectory: false) is not null
            || DefaultExcludes.JudgeSecret(Pattern.LastName, isDirectory: true) is not null
        );
}

/// <summary>
/// The ignore rules in force in one directory: its own files, then those of its parents up to the repository's root,
/// the nearest that matches deciding. A <c>.longcontextignore</c> anywhere outranks every <c>.gitignore</c>.
/// </summary>
internal sealed class IgnoreScope
{
    /// <summary>The file with this program's own rules.</summary>
    public const string OwnFileName = ".longcontextignore";

    private const string GitFileName = ".gitignore";

    private static readonly HashSet<string> s_ownFileOnly = [OwnFileName];

    private readonly IgnoreScope? _parent;
    private readonly string _directory;
    private readonly GitRepository? _repository;
    private readonly IgnoreFile? _own;
    private readonly IgnoreFile? _git;

    private IgnoreScope(
        AllowedRoots roots,
        GitUserFiles user,
        string directory,
        IgnoreScope? parent,
        IReadOnlySet<string>? names
    )
    {
        _parent = parent;
        _directory = Path.TrimEndingDirectorySeparator(directory);
        _own = names?.Contains(OwnFileName) == false ? null : IgnoreFile.Load(roots, directory, OwnFileName);
        _git = names?.Contains(GitFileName) == false ? null : IgnoreFile.Load(roots, directory, GitFileName);
        _repository =
            names?.Contains(GitRepository.MarkName) ?? GitRepository.IsRoot(directory)
                ? GitRepository.Open(directory, user)
                : null;
    }

    /// <summary>The rules of the directories above one to start from, within its repository and the roots.</summary>
    public static IgnoreScope? Above(AllowedRoots roots, GitUserFiles user, string directory)
    {
        var chain = new Stack<string>();
        var isInRepository = true;
        for (var current = directory; !GitRepository.IsRoot(current); chain.Push(current))
        {
            current = Path.GetDirectoryName(current);
            if (current is null || !roots.Contains(current))
            {
                isInRepository = false;
                break;
            }
        }

        // Outside a repository only this program's own files hold for what lies beneath: a .gitignore in a home
        // directory is often meant for the home directory alone.
        IgnoreScope? scope = null;
        while (chain.TryPop(out var ancestor))
        {
            scope = new IgnoreScope(roots, user, ancestor, scope, names: isInRepository ? null : s_ownFileOnly);
        }

        return scope;
    }

    /// <summary>Notes the files with rules above a directory to start from, those that could come as well.</summary>
    public static void Trace(AllowedRoots roots, GitUserFiles user, string directory, ScanTrace? trace)
    {
        var current = directory;
        while (trace is not null && !GitRepository.IsRoot(current))
        {
            current = Path.GetDirectoryName(current);
            if (current is null || !roots.Contains(current))
            {
                break;
            }

            Trace(user, current, names: null, trace);
        }
    }

    /// <summary>Notes the files with rules of a directory.</summary>
    /// <param name="user">Git's files of the user.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="names">All names in it; <see langword="null"/> when they are not known.</param>
    /// <param name="trace">Told the files.</param>
    public static void Trace(GitUserFiles user, string directory, IReadOnlySet<string>? names, ScanTrace? trace)
    {
        if (trace is null)
        {
            return;
        }

        foreach (var name in (string[])[OwnFileName, GitFileName])
        {
            if (names?.Contains(name) != false)
            {
                trace.AddStructure(Path.Join(directory, name));
            }
        }

        if (names?.Contains(GitRepository.MarkName) ?? GitRepository.IsRoot(directory))
        {
            foreach (var file in GitRepository.RuleFiles(directory, user).Where(file => file.Length > 0))
            {
                trace.AddStructure(file);
            }
        }
    }

    /// <summary>The rules in a directory.</summary>
    /// <param name="roots">Where ignore files may be read.</param>
    /// <param name="user">Git's files of the user.</param>
    /// <param name="above">The rules of the directories above.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="names">All names in it; <see langword="null"/> when they are not known.</param>
    public static IgnoreScope In(
        AllowedRoots roots,
        GitUserFiles user,
        IgnoreScope? above,
        string directory,
        IReadOnlySet<string>? names
    ) => new(roots, user, directory, above, names);

    /// <summary>Whether the directory is in the working tree of a repository.</summary>
    public bool IsInRepository => Repository is not null;

    private IgnoreScope? Repository
    {
        get
        {
            var scope = this;
            while (scope is { _repository: null })
            {
                scope = scope._parent;
            }

            return scope;
        }
    }

    /// <summary>Whether Git tracks a file, or something beneath a directory.</summary>
    public bool IsTracked(string path, bool isDirectory)
    {
        if (Repository is not { } scope)
        {
            return false;
        }

        var relative = scope.Relative(path);
        var index = scope._repository!.Index;
        return isDirectory ? index.ContainsBeneath(relative) : index.Contains(relative);
    }

    /// <summary>The decision of the rules about an entry of this directory; null when none applies.</summary>
    public IgnoreDecision? Decide(string path, bool isDirectory)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            if (scope.Decide(scope._own, path, isDirectory) is { } decision)
            {
                return decision;
            }
        }

        for (var scope = this; scope is not null; scope = scope._parent)
        {
            if (scope.Decide(scope._git, path, isDirectory) is { } decision)
            {
                return decision;
            }

            // What stands above a repository's root says nothing about its content.
            if (scope._repository is { } repository)
            {
                return scope.Decide(repository.Exclude, path, isDirectory)
                    ?? scope.Decide(repository.UserExclude, path, isDirectory);
            }
        }

        return null;
    }

    private IgnoreDecision? Decide(IgnoreFile? file, string path, bool isDirectory) =>
        file?.Match(Relative(path), isDirectory) is { } pattern
            ? new IgnoreDecision(
                !pattern.Negated,
                ReferenceEquals(file, _own),
                $"ignored by {file.Name} line {pattern.Line}: {Printable.Path(pattern.Text)}",
                pattern
            )
            : null;

    private byte[] Relative(string path)
    {
        // Only the root of the file system ends with a separator.
        var separator = Path.EndsInDirectorySeparator(_directory) ? 0 : 1;
        var relative = Encoding.UTF8.GetBytes(path[(_directory.Length + separator)..]);
        if (Path.DirectorySeparatorChar != '/')
        {
            relative.AsSpan().Replace((byte)Path.DirectorySeparatorChar, (byte)'/');
        }

        return relative;
    }
}
