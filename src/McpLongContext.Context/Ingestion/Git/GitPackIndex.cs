using System.Buffers.Binary;
using McpLongContext.Context.Ingestion.Sources;
using Microsoft.Win32.SafeHandles;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>
/// The index of a pack, version 2: sorted object names with their offsets (<c>gitformat-pack(5)</c>). Names are read
/// as they are needed, those with the same first byte at once. For one thread at a time.
/// </summary>
internal sealed class GitPackIndex : IDisposable
{
    private const uint Magic = 0xFF744F63;
    private const int HeadBytes = 8;
    private const int Buckets = 256;
    private const long Names = HeadBytes + (Buckets * 4);
    private const int MaxKeptBytes = 64 * 1024;
    private const uint IsLarge = 0x80000000;

    private readonly SafeFileHandle _file;
    private readonly int _hashBytes;
    private readonly long[] _fanout = new long[Buckets];
    private readonly byte[]?[] _names = new byte[Buckets][];
    private readonly byte[] _name;

    /// <summary>Opens an index.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no index of version 2.</exception>
    public GitPackIndex(string path, int hashBytes)
    {
        _hashBytes = hashBytes;
        _name = new byte[hashBytes];
        _file = RegularFile.OpenHandle(path);
        try
        {
            var head = new byte[HeadBytes + (Buckets * 4)];
            Read(0, head);
            if (Number(head, 0) != Magic || Number(head, 4) != 2)
            {
                throw new InvalidDataException("The index of a pack is not of version 2.");
            }

            for (var i = 0; i < Buckets; i++)
            {
                _fanout[i] = Number(head, HeadBytes + (4 * i));
                if (i > 0 && _fanout[i] < _fanout[i - 1])
                {
                    throw new InvalidDataException("The index of a pack is not sorted.");
                }
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    private long Count => _fanout[^1];

    /// <summary>The offset of an object in the pack; <see langword="null"/>: the pack does not have it.</summary>
    /// <exception cref="InvalidDataException">The index ends early.</exception>
    public long? Find(ReadOnlySpan<byte> name)
    {
        var first = name[0] == 0 ? 0 : _fanout[name[0] - 1];
        var (low, high) = (first, _fanout[name[0]]);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = NameAt(name[0], first, middle).SequenceCompareTo(name);
            if (order == 0)
            {
                return OffsetAt(middle);
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return null;
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> NameAt(byte bucket, long first, long position)
    {
        var bytes = (_fanout[bucket] - first) * _hashBytes;
        if (bytes > MaxKeptBytes)
        {
            Read(Names + (position * _hashBytes), _name);
            return _name;
        }

        if (_names[bucket] is not { } names)
        {
            _names[bucket] = names = new byte[bytes];
            Read(Names + (first * _hashBytes), names);
        }

        return names.AsSpan((int)((position - first) * _hashBytes), _hashBytes);
    }

    /// <summary>After the names stand checksums, offsets, and the offsets that need eight bytes.</summary>
    private long OffsetAt(long position)
    {
        Span<byte> bytes = stackalloc byte[8];
        var offsets = Names + (Count * (_hashBytes + 4));
        Read(offsets + (position * 4), bytes[..4]);
        var offset = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if ((offset & IsLarge) == 0)
        {
            return offset;
        }

        Read(offsets + (Count * 4) + ((offset & ~IsLarge) * 8L), bytes);
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    private void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var length = RandomAccess.Read(_file, bytes, offset);
            if (length == 0)
            {
                throw new InvalidDataException("The index of a pack ends early.");
            }

            offset += length;
            bytes = bytes[length..];
        }
    }

    private static uint Number(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
