using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Files;
using McpLongContext.Context.Ingestion.Git;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage.Sources;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>
/// Whether a working tree differs from the commit that is checked out: as <c>git status</c> says it, without running
/// Git, which would run what the configuration of the tree names. For one thread at a time.
/// </summary>
internal sealed class GitStatus(GitRepository repository, AllowedRoots roots)
{
    private const long MaxFileBytes = 64 * 1024 * 1024;

    private readonly Dictionary<(string Path, FileStamp Stamp, string Name), bool> _compared = [];
    private TrackedFiles? _tracked;
    private (string Commit, string? Tree) _committed = ("", null);

    private readonly HashAlgorithmName _algorithm =
        repository.HashBytes == 32 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;

    /// <summary>Compares the tree with a commit; <see langword="null"/> where that cannot be told.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="files">The stamps of the tree's files that are documents, or could be, as they were taken just now:
    /// each file belongs to the commit, or the tree is dirty.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    public bool? IsDirty(
        string commit,
        IReadOnlyList<IReadOnlyDictionary<string, FileStamp>> files,
        CancellationToken cancellation
    )
    {
        _tracked = TrackedFiles.Read(repository, _tracked, _algorithm);
        if (_tracked is not { } tracked || TreeOf(commit) is not { } committed)
        {
            return null;
        }

        return tracked.Tree != committed
            || tracked.Entries.Any(entry => IsChanged(entry, tracked.Written, files, cancellation))
            || files
                .SelectMany(known => known.Keys)
                .Any(file => !tracked.Contains(file) && RealPath.IsWithin(file, repository.Root));
    }

    private string? TreeOf(string commit)
    {
        if (_committed.Tree is null || _committed.Commit != commit)
        {
            using var objects = new GitObjects(Path.Join(repository.Common, "objects"), repository.HashBytes);
            _committed = (commit, objects.TreeOf(commit));
        }

        return _committed.Tree;
    }

    private bool IsChanged(
        IndexEntry entry,
        long indexWritten,
        IReadOnlyList<IReadOnlyDictionary<string, FileStamp>> files,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        return entry.Stage != 0 || (!entry.IsAssumed && Differs(entry, indexWritten, files));
    }

    /// <summary>Whether a file is not what the index says: by size and time, then by content.</summary>
    private bool Differs(
        IndexEntry entry,
        long indexWritten,
        IReadOnlyList<IReadOnlyDictionary<string, FileStamp>> files
    )
    {
        if (entry.IsSubmodule || entry.IsFolder)
        {
            // What is checked out in a submodule; its files are a tree of their own.
            return entry.IsSubmodule
                && GitRepository.IsRoot(entry.File)
                && GitHead.Read(GitRepository.Open(entry.File, GitUserFiles.None)) is { } head
                && head.Commit != Convert.ToHexStringLower(entry.Name);
        }

        var stamp = StampOf(entry.File, files);
        if (!stamp.Exists)
        {
            return true;
        }

        // As in Git: what was written in the moment of the index may have changed without another stamp.
        var isSame = entry.IsModified(stamp.Modified) && (uint)stamp.Size == entry.Size;
        if (isSame && entry.Modified < indexWritten)
        {
            return false;
        }

        var key = (entry.File, stamp, Convert.ToHexStringLower(entry.Name));
        if (!_compared.TryGetValue(key, out var differs))
        {
            _compared[key] = differs = !HasContent(entry);
        }

        return differs;
    }

    /// <summary>The stamp of a file; one that is not settled is taken again.</summary>
    private static FileStamp StampOf(string file, IReadOnlyList<IReadOnlyDictionary<string, FileStamp>> files)
    {
        foreach (var known in files)
        {
            if (known.TryGetValue(file, out var stamp) && stamp.Identity != 0)
            {
                return stamp;
            }
        }

        return FileStatus.Of(file);
    }

    private bool HasContent(IndexEntry entry)
    {
        if (entry.IsLink)
        {
            return new FileInfo(entry.File).LinkTarget is { } target
                && IsBlob(Encoding.UTF8.GetBytes(target), entry.Name);
        }

        try
        {
            using var stream = roots.OpenRead(entry.File);
            if (stream.Length > MaxFileBytes)
            {
                return false;
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            // With core.autocrlf, a checked-out file has other ends of lines than its blob.
            return IsBlob(bytes, entry.Name) || IsBlob(WithoutReturns(bytes), entry.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    private bool IsBlob(byte[] content, byte[] name)
    {
        using var hash = IncrementalHash.CreateHash(_algorithm);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        hash.AppendData(content);
        return hash.GetHashAndReset().AsSpan().SequenceEqual(name);
    }

    private static byte[] WithoutReturns(byte[] bytes) =>
        [.. bytes.Where((value, i) => value != '\r' || i + 1 == bytes.Length || bytes[i + 1] != '\n')];
}
