using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
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
    private const long MaxIndexBytes = 256 * 1024 * 1024;
    private const long MaxFileBytes = 64 * 1024 * 1024;
    private const int StatBytes = 40;
    private const uint TypeMask = 0xF000;
    private const uint Link = 0xA000;
    private const uint Submodule = 0xE000;
    private const uint Folder = 0x4000;

    private readonly Dictionary<(string Path, FileStamp Stamp, string Name), bool> _compared = [];

    private readonly HashAlgorithmName _algorithm =
        repository.HashBytes == 32 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;

    /// <summary>Compares the tree with a commit; <see langword="null"/> where that cannot be told.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="files">The files of the tree that are documents, or could be: each belongs to the commit, or the
    /// tree is dirty.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    public bool? IsDirty(string commit, IEnumerable<string> files, CancellationToken cancellation)
    {
        var indexPath = Path.Join(repository.Directory, "index");
        var written = FileStatus.Of(indexPath).Modified;
        using var objects = new GitObjects(Path.Join(repository.Common, "objects"), repository.HashBytes);
        if (
            RegularFile.TryRead(indexPath, MaxIndexBytes) is not { } index
            || objects.TreeOf(commit) is not { } committed
        )
        {
            return null;
        }

        var tree = new GitTree(_algorithm);
        var tracked = new HashSet<string>(StringComparer.Ordinal);
        var submodules = new List<string>();
        var isDirty = false;
        var isWhole = GitIndex.TryVisit(
            index,
            repository.HashBytes,
            (head, path) =>
            {
                cancellation.ThrowIfCancellationRequested();
                var entry = new Entry(head, path, repository.HashBytes);
                var file = Path.Join(repository.Root, entry.Path);
                tracked.Add(file);
                if ((entry.Mode & TypeMask) == Submodule)
                {
                    submodules.Add(file);
                }

                isDirty |= entry.Stage != 0 || (!isDirty && !entry.IsAssumed && Differs(entry, written));
                if (!entry.IsIntended)
                {
                    tree.Add(Encoding.Latin1.GetString(path), entry.Mode, entry.Name);
                }
            },
            out var extensions
        );
        if (!isWhole || GitIndex.SharedName(extensions, repository.HashBytes) is not null)
        {
            return null;
        }

        return isDirty
            || Convert.ToHexStringLower(tree.Name()) != committed
            || files.Any(file =>
                !tracked.Contains(file)
                && RealPath.IsWithin(file, repository.Root)
                && !submodules.Exists(submodule => RealPath.IsWithin(file, submodule))
            );
    }

    /// <summary>Whether a file is not what the index says: by size and time, then by content.</summary>
    private bool Differs(Entry entry, long indexWritten)
    {
        var path = Path.Join(repository.Root, entry.Path);
        if ((entry.Mode & TypeMask) is Submodule or Folder)
        {
            // What is checked out in a submodule; its files are a tree of their own.
            return (entry.Mode & TypeMask) == Submodule
                && GitRepository.IsRoot(path)
                && GitHead.Read(GitRepository.Open(path, GitUserFiles.None)) is { } head
                && head.Commit != Convert.ToHexStringLower(entry.Name);
        }

        var stamp = FileStatus.Of(path);
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

        var key = (path, stamp, Convert.ToHexStringLower(entry.Name));
        if (!_compared.TryGetValue(key, out var differs))
        {
            _compared[key] = differs = !HasContent(path, entry);
        }

        return differs;
    }

    private bool HasContent(string path, Entry entry)
    {
        if ((entry.Mode & TypeMask) == Link)
        {
            return new FileInfo(path).LinkTarget is { } target && IsBlob(Encoding.UTF8.GetBytes(target), entry.Name);
        }

        try
        {
            using var stream = roots.OpenRead(path);
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

    /// <summary>An entry of the index.</summary>
    private readonly struct Entry
    {
        public Entry(ReadOnlySpan<byte> head, ReadOnlySpan<byte> path, int hashBytes)
        {
            const ushort Assumed = 0x8000;
            const ushort Extended = 0x4000;
            const ushort Skipped = 0x4000;
            const ushort Intended = 0x2000;
            Path = Encoding.UTF8.GetString(path);
            Modified = (Number(head, 2) * 1_000_000_000L) + Number(head, 3);
            Mode = Number(head, 6);
            Size = Number(head, 9);
            Name = head.Slice(StatBytes, hashBytes).ToArray();
            var flags = BinaryPrimitives.ReadUInt16BigEndian(head[(StatBytes + hashBytes)..]);
            var more =
                (flags & Extended) == 0 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(head[(StatBytes + hashBytes + 2)..]);
            Stage = (flags >> 12) & 3;
            IsAssumed = (flags & Assumed) != 0 || (more & Skipped) != 0;
            IsIntended = (more & Intended) != 0;
        }

        public string Path { get; }

        /// <summary>Nanoseconds since 1970.</summary>
        public long Modified { get; }

        /// <summary>Whether a time is that of the entry, which may have whole seconds only.</summary>
        public bool IsModified(long time) =>
            Modified % 1_000_000_000 == 0 ? time / 1_000_000_000 == Modified / 1_000_000_000 : time == Modified;

        public uint Mode { get; }

        public uint Size { get; }

        public byte[] Name { get; }

        /// <summary>The stage of a merge; 0 outside conflicts.</summary>
        public int Stage { get; }

        /// <summary>Whether it counts as unchanged: so marked, or not checked out.</summary>
        public bool IsAssumed { get; }

        /// <summary>Whether it is only announced by <c>git add --intent-to-add</c>.</summary>
        public bool IsIntended { get; }

        private static uint Number(ReadOnlySpan<byte> head, int index) =>
            BinaryPrimitives.ReadUInt32BigEndian(head[(4 * index)..]);
    }
}
