using System.Text;
using McpLongContext.Context.Documents;

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

    private const string GitFileName = ".gitignore";

    private readonly IgnoreScope? _parent;
    private readonly string _directory;
    private readonly bool _isRepository;
    private readonly IgnoreFile? _own;
    private readonly IgnoreFile? _git;
    private readonly IgnoreFile? _exclude;

    private IgnoreScope(AllowedRoots roots, string directory, IgnoreScope? parent, IReadOnlySet<string>? names)
    {
        _parent = parent;
        _directory = Path.TrimEndingDirectorySeparator(directory);
        _own = names?.Contains(OwnFileName) == false ? null : IgnoreFile.Load(roots, directory, OwnFileName);
        _git = names?.Contains(GitFileName) == false ? null : IgnoreFile.Load(roots, directory, GitFileName);
        _isRepository = names?.Contains(".git") ?? IsRepository(directory);
        _exclude = _isRepository ? IgnoreFile.Load(roots, directory, ".git/info/exclude") : null;
    }

    /// <summary>The rules of the directories above one to start from, within its repository and the roots.</summary>
    public static IgnoreScope? Above(AllowedRoots roots, string directory)
    {
        var chain = new Stack<string>();
        for (var current = directory; !IsRepository(current); )
        {
            current = Path.GetDirectoryName(current);
            if (current is null || !roots.Contains(current))
            {
                return null;
            }

            chain.Push(current);
        }

        IgnoreScope? scope = null;
        while (chain.TryPop(out var ancestor))
        {
            scope = new IgnoreScope(roots, ancestor, scope, names: null);
        }

        return scope;
    }

    /// <summary>The rules in a directory.</summary>
    /// <param name="roots">Where ignore files may be read.</param>
    /// <param name="above">The rules of the directories above.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="names">All names in it.</param>
    public static IgnoreScope In(
        AllowedRoots roots,
        IgnoreScope? above,
        string directory,
        IReadOnlySet<string> names
    ) => new(roots, directory, above, names);

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

        // Only the root of the file system ends with a separator.
        var separator = Path.EndsInDirectorySeparator(_directory) ? 0 : 1;
        var relative = Encoding.UTF8.GetBytes(path[(_directory.Length + separator)..]);
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
