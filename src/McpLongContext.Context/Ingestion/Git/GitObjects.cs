using System.Globalization;
using System.Text;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>
/// Reads objects of a repository: loose, in packs, and in its alternates. Damaged and hostile
/// objects cost bounded time and memory and count as missing. For one thread at a time.
/// </summary>
/// <param name="directory">The directory <c>objects</c>.</param>
/// <param name="hashBytes">The length of an object name.</param>
/// <param name="mayReadAlternate">Whether another object directory may be read; <see langword="null"/>: none.</param>
internal sealed class GitObjects(string directory, int hashBytes, Func<string, bool>? mayReadAlternate = null)
    : IDisposable
{
    private const int MaxHeader = 32;
    private const int MaxPacks = 1000;
    private const int MaxAlternates = 16;
    private const int MaxListBytes = 64 * 1024;

    private List<string>? _directories;
    private List<string>? _own;
    private List<GitPack>? _packs;

    /// <summary>An object; <see langword="null"/> where it is missing, damaged or too long.</summary>
    /// <param name="name">The object name, in hexadecimal.</param>
    public GitObject? Read(string name)
    {
        try
        {
            return ReadPacked(Convert.FromHexString(name)) ?? ReadLoose(name);
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or FormatException
                        or NotSupportedException
            )
        {
            return null;
        }
    }

    /// <summary>The content of an object of a type; <see langword="null"/> where there is none.</summary>
    public byte[]? Read(string name, GitObjectType type) =>
        Read(name) is { } found && found.Type == type ? found.Content : null;

    /// <summary>The tree of a commit; <see langword="null"/> where the commit cannot be read.</summary>
    /// <param name="commit">The object name, in hexadecimal.</param>
    public string? TreeOf(string commit) =>
        Read(commit, GitObjectType.Commit) is { } content
        && content.AsSpan().StartsWith("tree "u8)
        && content.Length > 5 + (2 * hashBytes)
            ? Encoding.ASCII.GetString(content, 5, 2 * hashBytes)
            : null;

    /// <inheritdoc/>
    public void Dispose() => _packs?.ForEach(pack => pack.Dispose());

    private GitObject? ReadLoose(string name)
    {
        foreach (var folder in _directories ??= Directories())
        {
            var file = Path.Join(folder, name[..2], name[2..]);
            if (IsOwn(file) && RegularFile.TryRead(file, GitObject.MaxBytes) is { } bytes)
            {
                return Parse(bytes);
            }
        }

        return null;
    }

    /// <summary>A loose object begins with its type and size: <c>commit 230</c>, then a zero byte.</summary>
    private static GitObject Parse(byte[] bytes)
    {
        var start = GitInflater.InflateSome(bytes, MaxHeader);
        var end = Array.IndexOf(start, (byte)0);
        var header = Encoding.ASCII.GetString(start, 0, Math.Max(end, 0)).Split(' ');
        if (
            header.Length != 2
            || !Enum.TryParse<GitObjectType>(header[0], ignoreCase: true, out var type)
            || !int.TryParse(header[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size > GitObject.MaxBytes
        )
        {
            throw new InvalidDataException("A loose object has no header.");
        }

        return new GitObject(type, GitInflater.Inflate(bytes, 0, bytes.Length, end + 1 + size)[(end + 1)..]);
    }

    private GitObject? ReadPacked(byte[] name)
    {
        var packs = _packs ??= OpenPacks();
        for (var i = 0; i < packs.Count; i++)
        {
            if (TryRead(packs[i], name) is { } found)
            {
                // Objects that are asked for one after the other lie in one pack.
                (packs[0], packs[i]) = (packs[i], packs[0]);
                return found;
            }
        }

        return null;
    }

    /// <summary>An object that is damaged in one pack may be whole in another.</summary>
    private static GitObject? TryRead(GitPack pack, byte[] name)
    {
        try
        {
            return pack.Read(name);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or NotSupportedException)
        {
            return null;
        }
    }

    private List<GitPack> OpenPacks()
    {
        var packs = new List<GitPack>();
        var indexes = (_directories ??= Directories())
            .Select(folder => Path.Join(folder, "pack"))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.idx"))
            .Where(index => IsOwn(index) && IsOwn(Path.ChangeExtension(index, ".pack")))
            .Take(MaxPacks);
        foreach (var index in indexes)
        {
            try
            {
                packs.Add(new GitPack(index, hashBytes));
            }
            catch (Exception e)
                when (e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
            {
                // Of another version, damaged, or repacked meanwhile.
            }
        }

        return packs;
    }

    /// <summary>Whether a file lies in the object directories, links resolved: what may be read is judged by directory.</summary>
    private bool IsOwn(string file)
    {
        _own ??= [.. (_directories ??= Directories()).Where(Directory.Exists).Select(RealPath.Of)];
        return File.Exists(file)
            && RealPath.Of(file) is var real
            && _own.Exists(folder => RealPath.IsWithin(real, folder));
    }

    /// <summary>The object directory, and the alternates of each (<c>info/alternates</c>).</summary>
    private List<string> Directories()
    {
        List<string> found = [directory];
        for (var i = 0; i < found.Count && found.Count < MaxAlternates; i++)
        {
            found.AddRange(
                (
                    RegularFile.TryRead(Path.Join(found[i], "info", "alternates"), MaxListBytes) is { } bytes
                        ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        : []
                )
                    .Where(line => !line.StartsWith('#') && !line.Contains('\0', StringComparison.Ordinal))
                    .Select(line => Path.GetFullPath(line, found[i]))
                    .Where(alternate => !found.Contains(alternate) && mayReadAlternate?.Invoke(alternate) == true)
                    .Take(MaxAlternates)
                    .ToList()
            );
        }

        return found;
    }
}
