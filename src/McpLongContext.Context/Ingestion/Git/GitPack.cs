using McpLongContext.Context.Ingestion.Sources;
using Microsoft.Win32.SafeHandles;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>A pack: objects one after the other, many as deltas of others. For one thread at a time.</summary>
internal sealed class GitPack : IDisposable
{
    private const int OffsetDelta = 6;
    private const int NameDelta = 7;

    /// <summary>Git makes chains of 50, at most of 4,095.</summary>
    private const int MaxDeltas = 4096;

    /// <summary>The bytes of a chain of deltas at most, so that a hostile pack costs bounded time.</summary>
    private const long MaxChainBytes = 4L * GitObject.MaxBytes;

    private const int ReadBytes = 4096;
    private const int MaxKeptObject = 1024 * 1024;
    private const int MaxKept = 32 * 1024 * 1024;

    private readonly GitPackIndex _index;
    private readonly SafeFileHandle _pack;
    private readonly int _hashBytes;
    private readonly Dictionary<long, GitObject> _kept = [];
    private long _keptBytes;

    /// <summary>Opens a pack by its index.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The index cannot be read.</exception>
    public GitPack(string index, int hashBytes)
    {
        _hashBytes = hashBytes;
        _index = new GitPackIndex(index, hashBytes);
        try
        {
            _pack = RegularFile.OpenHandle(Path.ChangeExtension(index, ".pack"));
        }
        catch
        {
            _index.Dispose();
            throw;
        }
    }

    /// <summary>An object; <see langword="null"/>: the pack does not have it.</summary>
    /// <exception cref="InvalidDataException">The object is damaged or too long.</exception>
    public GitObject? Read(ReadOnlySpan<byte> name) => _index.Find(name) is { } offset ? ReadAt(offset) : null;

    public void Dispose()
    {
        _index.Dispose();
        _pack.Dispose();
    }

    private GitObject ReadAt(long offset)
    {
        var deltas = new Stack<(long Offset, byte[] Delta)>();
        var bytes = 0L;
        GitObject found;
        while (!_kept.TryGetValue(offset, out found))
        {
            var (type, content, origin) = ReadEntry(offset);
            bytes += content.Length;
            if (deltas.Count > MaxDeltas || bytes > MaxChainBytes)
            {
                throw new InvalidDataException("A chain of deltas is too long.");
            }

            if (origin is null)
            {
                found = new GitObject((GitObjectType)type, content);
                Keep(offset, found);
                break;
            }

            deltas.Push((offset, content));
            offset = origin.Value;
        }

        while (deltas.TryPop(out var step))
        {
            found = found with { Content = GitDelta.Apply(found.Content, step.Delta) };
            bytes += found.Content.Length;
            Keep(step.Offset, found);
            if (bytes > MaxChainBytes)
            {
                throw new InvalidDataException("A chain of deltas is too long.");
            }
        }

        return found;
    }

    /// <summary>An entry as it stands in the pack: an object, or a delta with the offset of its origin.</summary>
    private (int Type, byte[] Content, long? Origin) ReadEntry(long offset)
    {
        var bytes = new byte[ReadBytes];
        var count = Fill(offset, bytes);
        var at = 0;
        int head = Next();
        var type = (head >> 4) & 7;
        long size = head & 0xF;
        for (var shift = 4; (head & 0x80) != 0; shift += 7)
        {
            head = Next();
            size |= (long)(head & 0x7F) << shift;
            if (size > GitObject.MaxBytes || shift > 32)
            {
                throw new InvalidDataException("An object is too long.");
            }
        }

        long? origin = type switch
        {
            OffsetDelta => offset - TakeDistance(),
            NameDelta => _index.Find(TakeName())
                ?? throw new InvalidDataException("The origin of a delta is not in its pack."),
            >= (int)GitObjectType.Commit and <= (int)GitObjectType.Tag => null,
            _ => throw new InvalidDataException("An object is of no known type."),
        };
        if (origin is < 0)
        {
            throw new InvalidDataException("The origin of a delta is not in its pack.");
        }

        var needed = at + GitInflater.Bound((int)size);
        if (needed > count && count == bytes.Length)
        {
            bytes = new byte[needed];
            count = Fill(offset, bytes);
        }

        return (type, GitInflater.Inflate(bytes, at, count - at, (int)size), origin);

        byte Next() => at < count ? bytes[at++] : throw new InvalidDataException("A pack ends early.");

        // Every continued byte adds one.
        long TakeDistance()
        {
            long distance = 0;
            for (var i = 0; i < 9; i++)
            {
                var part = Next();
                distance = (i == 0 ? 0 : (distance + 1) << 7) + (part & 0x7F);
                if ((part & 0x80) == 0)
                {
                    return distance > 0 ? distance : throw new InvalidDataException("A delta is its own origin.");
                }
            }

            throw new InvalidDataException("The distance of a delta is too long.");
        }

        ReadOnlySpan<byte> TakeName()
        {
            at += _hashBytes;
            return at <= count
                ? bytes.AsSpan(at - _hashBytes, _hashBytes)
                : throw new InvalidDataException("A pack ends early.");
        }
    }

    private int Fill(long offset, byte[] bytes)
    {
        var count = 0;
        while (count < bytes.Length)
        {
            var length = RandomAccess.Read(_pack, bytes.AsSpan(count), offset + count);
            if (length == 0)
            {
                break;
            }

            count += length;
        }

        return count;
    }

    private void Keep(long offset, GitObject found)
    {
        if (found.Content.Length > MaxKeptObject)
        {
            return;
        }

        if (_keptBytes > MaxKept)
        {
            _kept.Clear();
            _keptBytes = 0;
        }

        if (_kept.TryAdd(offset, found))
        {
            _keptBytes += found.Content.Length;
        }
    }
}
