using System.Text;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>What the ignore files say about a path.</summary>
/// <param name="Ignored">Whether it is ignored; false when it is taken back explicitly.</param>
/// <param name="ByOwnFile">Whether a <c>.longcontextignore</c> says so, which also overrules the default excludes.</param>
/// <param name="Reason">The file, line and pattern that decided.</param>
internal sealed record IgnoreDecision(bool Ignored, bool ByOwnFile, string Reason);

/// <summary>
/// The ignore rules in force in one directory: its own files, then those of its parents up to the repository's root,
/// the nearest that matches deciding. A <c>.longcontextignore</c> anywhere outranks every <c>.gitignore</c>.
/// </summary>
internal sealed class IgnoreScope
{
    /// <summary>The file with this program's own rules.</summary>
    public const string OwnFileName = ".longcontextignore";

    private readonly IgnoreScope? _parent;
    private readonly string _directory;
    private readonly bool _isRepository;
    private readonly IgnoreFile? _own;
    private readonly IgnoreFile? _git;
    private readonly IgnoreFile? _exclude;

    private IgnoreScope(AllowedRoots roots, string directory, IgnoreScope? parent)
    {
        _parent = parent;
        _directory = Path.TrimEndingDirectorySeparator(directory);
        _own = IgnoreFile.Load(roots, directory, OwnFileName);
        _git = IgnoreFile.Load(roots, directory, ".gitignore");
        _isRepository = IsRepository(directory);
        _exclude = _isRepository ? IgnoreFile.Load(roots, directory, ".git/info/exclude") : null;
    }

    /// <summary>The rules in a directory to start from, those of its parents within repository and roots included.</summary>
    public static IgnoreScope For(AllowedRoots roots, string directory)
    {
        var chain = new Stack<string>();
        var repository = directory;
        while (repository is not null && roots.Contains(repository) && !IsRepository(repository))
        {
            chain.Push(repository);
            repository = Path.GetDirectoryName(repository);
        }

        if (repository is null || !roots.Contains(repository))
        {
            return new IgnoreScope(roots, directory, parent: null);
        }

        var scope = new IgnoreScope(roots, repository, parent: null);
        while (chain.TryPop(out var child))
        {
            scope = scope.Enter(roots, child);
        }

        return scope;
    }

    /// <summary>The rules in a child directory.</summary>
    public IgnoreScope Enter(AllowedRoots roots, string directory) => new(roots, directory, this);

    /// <summary>What the rules say about an entry of this directory; null when nothing.</summary>
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
            if (scope._isRepository)
            {
                return scope.Decide(scope._exclude, path, isDirectory);
            }
        }

        return null;
    }

    private IgnoreDecision? Decide(IgnoreFile? file, string path, bool isDirectory)
    {
        if (file is null)
        {
            return null;
        }

        var relative = Encoding.UTF8.GetBytes(path[(_directory.Length + 1)..]);
        if (Path.DirectorySeparatorChar != '/')
        {
            relative.AsSpan().Replace((byte)Path.DirectorySeparatorChar, (byte)'/');
        }

        return file.Match(relative, isDirectory) is { } pattern
            ? new IgnoreDecision(
                !pattern.Negated,
                ReferenceEquals(file, _own),
                $"ignored by {file.Name} line {pattern.Line}: {Printable.Path(pattern.Text)}"
            )
            : null;
    }

    private static bool IsRepository(string directory) => Path.Exists(Path.Join(directory, ".git"));
}
