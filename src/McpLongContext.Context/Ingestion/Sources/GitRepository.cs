using System.Text;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// The Git repository of a working tree: a clone, a linked worktree or a submodule. In the latter two <c>.git</c> is a
/// file that names the directory with the index; a worktree shares configuration and excludes with its repository.
/// </summary>
internal sealed class GitRepository
{
    /// <summary>The entry that stands in the root of every working tree.</summary>
    public const string MarkName = ".git";

    private const int MaxMarkBytes = 8 * 1024;
    private const int Sha1Bytes = 20;
    private const int Sha256Bytes = 32;

    private readonly Lazy<GitIndex> _index;

    private GitRepository(string root, GitUserFiles user)
    {
        var mark = Path.Join(root, MarkName);
        var directory = DirectoryOf(mark);
        var common = CommonOf(directory);
        (Root, Directory, Common) = (root, directory, common);
        var config = new GitConfig(user.Home, directory);
        foreach (var file in user.ConfigFiles)
        {
            config.Read(file);
        }

        config.Read(Path.Join(common, "config"));
        if (config.IsTrue("extensions.worktreeConfig"))
        {
            config.Read(Path.Join(directory, "config.worktree"));
        }

        Exclude = IgnoreFile.LoadGit(Path.Join(common, "info", "exclude"), ".git/info/exclude");
        var excludes = config["core.excludesfile"] is { Length: > 0 } path ? config.Expand(path, root) : user.Excludes;
        UserExclude = excludes.Length > 0 ? IgnoreFile.LoadGit(excludes, "Git's core.excludesFile") : null;
        var hashBytes =
            config["extensions.objectformat"]?.Equals("sha256", StringComparison.OrdinalIgnoreCase) == true
                ? Sha256Bytes
                : Sha1Bytes;
        HashBytes = hashBytes;
        _index = new Lazy<GitIndex>(() => GitIndex.Load(directory, hashBytes));
    }

    /// <summary>The root of the working tree.</summary>
    public string Root { get; }

    /// <summary>The directory with the index and <c>HEAD</c>.</summary>
    public string Directory { get; }

    /// <summary>The directory that all worktrees share, with objects and branches.</summary>
    public string Common { get; }

    /// <summary>The length of an object name in bytes.</summary>
    public int HashBytes { get; }

    /// <summary>The patterns of <c>info/exclude</c>.</summary>
    public IgnoreFile? Exclude { get; }

    /// <summary>The user's own patterns for all repositories.</summary>
    public IgnoreFile? UserExclude { get; }

    /// <summary>The files that are tracked; read when they are asked for first.</summary>
    public GitIndex Index => _index.Value;

    /// <summary>Whether a directory is the root of a working tree.</summary>
    public static bool IsRoot(string directory) => Path.Exists(Path.Join(directory, MarkName));

    /// <summary>
    /// The root of the working tree that a path lies in, within the allowed roots; <see langword="null"/>: in none.
    /// </summary>
    public static string? RootOf(string path, AllowedRoots roots)
    {
        for (
            var current = path;
            current is not null && roots.Contains(current);
            current = Path.GetDirectoryName(current)
        )
        {
            if (IsRoot(current))
            {
                return current;
            }
        }

        return null;
    }

    /// <summary>Opens the repository whose working tree begins at a directory.</summary>
    public static GitRepository Open(string root, GitUserFiles user) => new(root, user);

    /// <summary>
    /// The repository that a linked worktree belongs to; <see langword="null"/> for any other directory.
    /// </summary>
    public static string? MainOfWorktree(string directory)
    {
        var mark = Path.Join(directory, MarkName);
        if (!File.Exists(mark))
        {
            return null;
        }

        var own = DirectoryOf(mark);
        var common = CommonOf(own);
        if (common == own && !System.IO.Directory.Exists(own) && IsNamedWorktree(own))
        {
            // Made elsewhere, as seen from a container: its repository is out of reach, but it is no clone either.
            common = Path.GetFullPath("../..", own);
        }

        return common == own ? null
            : Path.GetFileName(common) == MarkName ? Path.GetDirectoryName(common)
            : common;
    }

    /// <summary>The files that decide which files of a working tree are read, whether they exist or not.</summary>
    public static IEnumerable<string> RuleFiles(string root, GitUserFiles user)
    {
        var directory = DirectoryOf(Path.Join(root, MarkName));
        var common = CommonOf(directory);
        return
        [
            Path.Join(directory, "index"),
            Path.Join(common, "info", "exclude"),
            Path.Join(common, "config"),
            .. user.ConfigFiles,
            user.Excludes,
        ];
    }

    /// <summary>Whether the names in a directory are those of a repository without a working tree.</summary>
    public static bool IsBare(IReadOnlySet<string> names) =>
        names.Contains("HEAD") && names.Contains("objects") && names.Contains("refs");

    private static bool IsNamedWorktree(string gitDirectory) =>
        Path.GetFileName(Path.GetDirectoryName(gitDirectory)) == "worktrees";

    /// <summary>The directory that <c>.git</c> is or names.</summary>
    private static string DirectoryOf(string mark)
    {
        const string Key = "gitdir:";
        return
            !System.IO.Directory.Exists(mark)
            && ReadLine(mark) is { } line
            && line.StartsWith(Key, StringComparison.Ordinal)
            && line[Key.Length..].Trim() is { Length: > 0 } target
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, Path.GetDirectoryName(mark)!))
            : mark;
    }

    /// <summary>The directory with what all worktrees of a repository share.</summary>
    private static string CommonOf(string directory) =>
        ReadLine(Path.Join(directory, "commondir")) is { Length: > 0 } common
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(common, directory))
            : directory;

    private static string? ReadLine(string path) =>
        RegularFile.TryRead(path, MaxMarkBytes) is { } bytes && !bytes.AsSpan().Contains((byte)0)
            ? Encoding.UTF8.GetString(bytes).Split('\n')[0].TrimEnd('\r')
            : null;
}
