using System.Buffers.Binary;
using System.IO.Compression;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Freshness.Git;

/// <summary>
/// Reads commits of an object database (<c>gitformat-pack(5)</c>, index version 2): loose, or in a pack, as deltas, too.
/// </summary>
/// <param name="directory">The directory <c>objects</c>.</param>
/// <param name="hashBytes">The length of an object name.</param>
internal sealed class GitObjects(string directory, int hashBytes)
{
    /// <summary>A commit is a few hundred bytes; a longer one is not read.</summary>
    private const int MaxBytes = 1024 * 1024;

    private const int MaxDeltas = 64;
    private const int FanoutBytes = 256 * 4;

    /// <summary>The tree of a commit; <see langword="null"/> where the commit cannot be read.</summary>
    /// <param name="commit">The object name, in hexadecimal.</param>
    public string? TreeOf(string commit)
    {
        try
        {
            var content = ReadLoose(commit) ?? ReadPacked(Convert.FromHexString(commit));
            return content is not null && content.AsSpan().StartsWith("tree "u8) && content.Length > 5 + (2 * hashBytes)
                ? System.Text.Encoding.ASCII.GetString(content, 5, 2 * hashBytes)
                : null;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            // Damaged, or repacked meanwhile.
            return null;
        }
    }

    private byte[]? ReadLoose(string name)
    {
        var path = Path.Join(directory, name[..2], name[2..]);
        if (RegularFile.TryRead(path, MaxBytes) is not { } bytes)
        {
            return null;
        }

        var content = Inflate(bytes);
        return content[(Array.IndexOf(content, (byte)0) + 1)..];
    }

    private byte[]? ReadPacked(byte[] name)
    {
        var packs = Path.Join(directory, "pack");
        if (!Directory.Exists(packs))
        {
            return null;
        }

        foreach (var index in Directory.EnumerateFiles(packs, "*.idx"))
        {
            using var file = File.OpenRead(index);
            if (Find(file, name) is { } offset)
            {
                using var pack = File.OpenRead(Path.ChangeExtension(index, ".pack"));
                return ReadAt(pack, file, offset, MaxDeltas);
            }
        }

        return null;
    }

    /// <summary>The offset of an object in the pack of an index.</summary>
    private long? Find(FileStream index, byte[] name)
    {
        const int Head = 8;
        if (Number(index, 0) != 0xFF744F63 || Number(index, 4) != 2)
        {
            return null;
        }

        var low = name[0] == 0 ? 0 : Number(index, Head + ((name[0] - 1) * 4));
        var high = Number(index, Head + (name[0] * 4));
        long count = Number(index, Head + (255 * 4));
        const long Names = Head + FanoutBytes;
        var found = new byte[hashBytes];
        while (low < high)
        {
            var middle = (low + high) / 2;
            Read(index, Names + ((long)middle * hashBytes), found);
            var order = found.AsSpan().SequenceCompareTo(name);
            if (order == 0)
            {
                // Names, checksums, offsets, large offsets.
                var offsets = Names + (count * (hashBytes + 4));
                var offset = Number(index, offsets + (middle * 4L));
                return (offset & 0x80000000) == 0
                    ? offset
                    : (long)Long(index, offsets + (count * 4) + ((offset & 0x7FFFFFFF) * 8L));
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return null;
    }

    /// <summary>The content of the object at an offset of a pack.</summary>
    private byte[]? ReadAt(FileStream pack, FileStream index, long offset, int deltas)
    {
        const int OffsetDelta = 6;
        const int NameDelta = 7;
        if (deltas == 0)
        {
            return null;
        }

        pack.Position = offset;
        var head = pack.ReadByte();
        var type = (head >> 4) & 7;
        while ((head & 0x80) != 0)
        {
            head = pack.ReadByte();
            if (head < 0)
            {
                return null;
            }
        }

        long? origin = null;
        if (type == OffsetDelta)
        {
            origin = offset - ReadBackward(pack);
        }
        else if (type == NameDelta)
        {
            var name = new byte[hashBytes];
            pack.ReadExactly(name);
            origin = Find(index, name);
            if (origin is null)
            {
                return null;
            }
        }

        var content = Inflate(pack);
        return origin is null ? content
            : ReadAt(pack, index, origin.Value, deltas - 1) is { } from ? Apply(from, content)
            : null;
    }

    /// <summary>The distance to the origin of a delta, in which every continued byte adds one.</summary>
    private static long ReadBackward(FileStream pack)
    {
        long distance = 0;
        for (var i = 0; i < 9; i++)
        {
            var part = pack.ReadByte();
            distance = (i == 0 ? 0 : (distance + 1) << 7) + (part & 0x7F);
            if ((part & 0x80) == 0)
            {
                return distance;
            }
        }

        throw new InvalidDataException("The distance of a delta is too long.");
    }

    /// <summary>Applies a delta: copies of ranges of its origin, and literal bytes.</summary>
    private static byte[] Apply(byte[] from, ReadOnlySpan<byte> delta)
    {
        TakeSize(ref delta);
        var size = TakeSize(ref delta);
        if (size > MaxBytes)
        {
            throw new InvalidDataException("The object is too long.");
        }

        using var result = new MemoryStream((int)size);
        while (delta.Length > 0)
        {
            var code = delta[0];
            delta = delta[1..];
            if ((code & 0x80) == 0)
            {
                result.Write(delta[..code]);
                delta = delta[code..];
                continue;
            }

            var offset = TakeNumber(ref delta, code & 0xF, 4);
            var length = TakeNumber(ref delta, (code >> 4) & 7, 3);
            result.Write(from.AsSpan(offset, length == 0 ? 0x10000 : length));
        }

        return result.ToArray();
    }

    private static long TakeSize(ref ReadOnlySpan<byte> delta)
    {
        long size = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = delta[0];
            delta = delta[1..];
            size |= (long)(part & 0x7F) << shift;
            if ((part & 0x80) == 0 || shift > 28)
            {
                return size;
            }
        }
    }

    private static int TakeNumber(ref ReadOnlySpan<byte> delta, int present, int bytes)
    {
        var number = 0;
        for (var i = 0; i < bytes; i++)
        {
            if ((present & (1 << i)) != 0)
            {
                number |= delta[0] << (8 * i);
                delta = delta[1..];
            }
        }

        return number;
    }

    private static byte[] Inflate(byte[] bytes) => Inflate(new MemoryStream(bytes));

    private static byte[] Inflate(Stream stream)
    {
        using var inflated = new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true);
        var content = new byte[MaxBytes];
        var length = inflated.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return content[..length];
    }

    private static uint Number(FileStream file, long offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static ulong Long(FileStream file, long offset)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private static void Read(FileStream file, long offset, Span<byte> bytes)
    {
        file.Position = offset;
        file.ReadExactly(bytes);
    }
}
