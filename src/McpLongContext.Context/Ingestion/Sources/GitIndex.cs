using System.Buffers.Binary;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// The paths that a Git repository tracks, read from its index (<c>gitformat-index(5)</c>, versions 2 to 4, SHA-1 or
/// SHA-256, with a shared index where there is one).
/// </summary>
/// <remarks>
/// Paths that a split index removed from its shared part count as tracked until Git writes the shared part anew: such
/// a path is only asked for when its file still exists.
/// </remarks>
internal sealed class GitIndex
{
    /// <summary>The index of a million files is about half as large.</summary>
    private const long MaxBytes = 256 * 1024 * 1024;

    /// <summary>Ten 32-bit numbers stand in front of the object name of an entry, flags after it.</summary>
    private const int StatBytes = 40;

    private const int MaxPathBytes = 4096;

    /// <summary>The paths one after the other, in the order of their bytes, as Git sorts them.</summary>
    private readonly byte[] _paths;
    private readonly int[] _starts;
    private readonly GitIndex? _shared;

    private GitIndex(byte[] paths, int[] starts, GitIndex? shared)
    {
        _paths = paths;
        _starts = starts;
        _shared = shared;
    }

    /// <summary>Nothing is tracked.</summary>
    public static GitIndex Empty { get; } = new([], [0], shared: null);

    /// <summary>
    /// Reads the index of a repository; one that is missing, damaged or of another version tracks nothing.
    /// </summary>
    /// <param name="gitDirectory">The directory that holds the file <c>index</c>.</param>
    /// <param name="hashBytes">The length of an object name: 20, or 32 with SHA-256.</param>
    public static GitIndex Load(string gitDirectory, int hashBytes) =>
        RegularFile.TryRead(Path.Join(gitDirectory, "index"), MaxBytes) is { } bytes
            ? Parse(
                bytes,
                hashBytes,
                name => RegularFile.TryRead(Path.Join(gitDirectory, "sharedindex." + name), MaxBytes)
            )
            : Empty;

    /// <summary>Whether a file is tracked.</summary>
    /// <param name="path">Relative to the working tree, with slashes, UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> path)
    {
        var found = LowerBound(path);
        return (found < _starts.Length - 1 && PathAt(found).SequenceEqual(path)) || _shared?.Contains(path) == true;
    }

    /// <summary>Whether something beneath a directory is tracked, or the directory itself as a submodule.</summary>
    /// <param name="path">Relative to the working tree, with slashes, UTF-8.</param>
    public bool ContainsBeneath(ReadOnlySpan<byte> path)
    {
        Span<byte> prefix = stackalloc byte[path.Length < MaxPathBytes ? path.Length + 1 : 0];
        if (prefix.IsEmpty)
        {
            return false;
        }

        path.CopyTo(prefix);
        prefix[^1] = (byte)'/';
        var found = LowerBound(prefix);
        return (found < _starts.Length - 1 && PathAt(found).StartsWith(prefix))
            || Contains(path)
            || _shared?.ContainsBeneath(path) == true;
    }

    /// <summary>Reads the bytes of an index file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="hashBytes">The length of an object name.</param>
    /// <param name="openShared">The shared index with a name in hexadecimal.</param>
    internal static GitIndex Parse(ReadOnlySpan<byte> file, int hashBytes, Func<string, byte[]?> openShared)
    {
        var paths = new List<byte>(file.Length / 2);
        var starts = new List<int> { 0 };
        var isWhole = TryVisit(
            file,
            hashBytes,
            (_, path) =>
            {
                // An entry without a path replaces one of the shared index.
                if (path.Length > 0)
                {
                    paths.AddRange(path);
                    starts.Add(paths.Count);
                }
            },
            out var extensions
        );
        if (!isWhole)
        {
            return Empty;
        }

        var shared =
            SharedName(extensions, hashBytes) is { } name && openShared(name) is { } bytes
                ? Parse(bytes, hashBytes, static _ => null)
                : null;
        return new GitIndex([.. paths], [.. starts], shared);
    }

    /// <summary>An entry of an index.</summary>
    /// <param name="head">Ten 32-bit numbers, the object name, two bytes of flags, and two more of extended ones.</param>
    /// <param name="path">Relative to the working tree, with slashes, UTF-8.</param>
    internal delegate void EntryVisitor(ReadOnlySpan<byte> head, ReadOnlySpan<byte> path);

    /// <summary>Visits the entries of an index file; false when it is damaged or of another version.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="hashBytes">The length of an object name.</param>
    /// <param name="visit">Called for each entry, in the order of the file.</param>
    /// <param name="extensions">The bytes after the entries.</param>
    internal static bool TryVisit(
        ReadOnlySpan<byte> file,
        int hashBytes,
        EntryVisitor visit,
        out ReadOnlySpan<byte> extensions
    )
    {
        extensions = default;
        if (file.Length < 12 + hashBytes || !file.StartsWith("DIRC"u8))
        {
            return false;
        }

        var version = BinaryPrimitives.ReadUInt32BigEndian(file[4..]);
        var count = BinaryPrimitives.ReadUInt32BigEndian(file[8..]);
        if (version is < 2 or > 4 || count > file.Length / StatBytes)
        {
            return false;
        }

        var rest = file[12..^hashBytes];
        var path = new byte[MaxPathBytes];
        var length = 0;
        for (var i = 0u; i < count; i++)
        {
            var head = rest;
            if (TakePath(ref rest, version, hashBytes, path, ref length) is false)
            {
                return false;
            }

            visit(head[..Math.Min(head.Length, StatBytes + hashBytes + 4)], path.AsSpan(0, length));
        }

        extensions = rest;
        return true;
    }

    /// <summary>
    /// Reads an entry's path into the buffer that holds the one before; false when the file is damaged.
    /// </summary>
    private static bool TakePath(
        ref ReadOnlySpan<byte> rest,
        uint version,
        int hashBytes,
        Span<byte> path,
        ref int length
    )
    {
        var head = StatBytes + hashBytes + 2;
        if (rest.Length < head)
        {
            return false;
        }

        const int ExtendedFlag = 0x40;
        head += (rest[head - 2] & ExtendedFlag) != 0 ? 2 : 0;
        if (rest.Length < head)
        {
            return false;
        }

        var kept = 0;
        var begin = head;
        if (version == 4)
        {
            if (!TryTakeNumber(rest, ref begin, out var dropped) || dropped > length)
            {
                return false;
            }

            kept = length - dropped;
        }

        var added = rest[begin..].IndexOf((byte)0);
        if (added < 0 || kept + added > MaxPathBytes)
        {
            return false;
        }

        rest.Slice(begin, added).CopyTo(path[kept..]);
        length = kept + added;

        // Before version 4 entries are padded with one to eight zeros to a multiple of eight bytes.
        var end = version == 4 ? begin + added + 1 : (begin + added + 8) & ~7;
        if (end > rest.Length)
        {
            return false;
        }

        rest = rest[end..];
        return true;
    }

    /// <summary>The variable-width number of pack files, in which every continued byte adds one.</summary>
    private static bool TryTakeNumber(ReadOnlySpan<byte> bytes, ref int position, out int number)
    {
        number = 0;
        for (var i = 0; i < 4 && position < bytes.Length; i++)
        {
            var b = bytes[position++];
            number = (i == 0 ? 0 : (number + 1) << 7) + (b & 0x7F);
            if ((b & 0x80) == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The name of the shared index, from the extension <c>link</c>.</summary>
    internal static string? SharedName(ReadOnlySpan<byte> extensions, int hashBytes)
    {
        while (extensions.Length >= 8)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(extensions[4..]);
            if (size > extensions.Length - 8)
            {
                return null;
            }

            if (extensions.StartsWith("link"u8) && size >= hashBytes)
            {
                var name = extensions.Slice(8, hashBytes);
                return name.ContainsAnyExcept((byte)0) ? Convert.ToHexStringLower(name) : null;
            }

            extensions = extensions[(8 + (int)size)..];
        }

        return null;
    }

    private ReadOnlySpan<byte> PathAt(int index) => _paths.AsSpan(_starts[index].._starts[index + 1]);

    /// <summary>The first path that does not come before the given one.</summary>
    private int LowerBound(ReadOnlySpan<byte> path)
    {
        int low = 0,
            high = _starts.Length - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (PathAt(middle).SequenceCompareTo(path) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
