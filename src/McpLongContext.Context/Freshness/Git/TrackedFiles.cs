using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Files;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>The files that a Git index tracks, and the tree that it would commit.</summary>
internal sealed class TrackedFiles
{
    private const long MaxIndexBytes = 256 * 1024 * 1024;

    private readonly FileStamp _stamp;
    private readonly HashSet<string> _files;
    private readonly List<string> _submodules;

    private TrackedFiles(FileStamp stamp, List<IndexEntry> entries, string tree)
    {
        (_stamp, Entries, Tree) = (stamp, entries, tree);
        _files = entries.Select(entry => entry.File).ToHashSet(StringComparer.Ordinal);
        _submodules = [.. entries.Where(entry => entry.IsSubmodule).Select(entry => entry.File)];
    }

    public IReadOnlyList<IndexEntry> Entries { get; }

    /// <summary>The object name of the tree, in hexadecimal.</summary>
    public string Tree { get; }

    /// <summary>The time when the index was written, in nanoseconds since 1970.</summary>
    public long Written => _stamp.Modified;

    /// <summary>Reads the index of a repository.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="known">The result of the last reading, which is returned while the index is unchanged.</param>
    /// <param name="algorithm">The hash of object names.</param>
    /// <returns><see langword="null"/> for an index that is missing, damaged or split.</returns>
    public static TrackedFiles? Read(GitRepository repository, TrackedFiles? known, HashAlgorithmName algorithm)
    {
        var path = Path.Join(repository.Directory, "index");
        var stamp = FileStatus.BeforeReading(path);
        if (known is not null && stamp.Identity != 0 && stamp == known._stamp)
        {
            return known;
        }

        if (RegularFile.TryRead(path, MaxIndexBytes) is not { } index)
        {
            return null;
        }

        var tree = new GitTree(algorithm);
        var entries = new List<IndexEntry>();
        var isWhole = GitIndex.TryVisit(
            index,
            repository.HashBytes,
            (head, name) =>
            {
                var entry = new IndexEntry(head, name, repository.Root, repository.HashBytes);
                entries.Add(entry);
                if (!entry.IsIntended)
                {
                    tree.Add(Encoding.Latin1.GetString(name), entry.Mode, entry.Name);
                }
            },
            out var extensions
        );
        return isWhole && GitIndex.SharedName(extensions, repository.HashBytes) is null
            ? new TrackedFiles(stamp, entries, Convert.ToHexStringLower(tree.Name()))
            : null;
    }

    /// <summary>Whether a file of the working tree is tracked, or lies in a submodule.</summary>
    public bool Contains(string file) =>
        _files.Contains(file) || _submodules.Exists(submodule => RealPath.IsWithin(file, submodule));
}
