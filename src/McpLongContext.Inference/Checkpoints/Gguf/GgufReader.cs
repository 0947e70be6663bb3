using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>
/// A cursor over a mapped GGUF file that never leaves it. The file is little-endian, as is every machine here.
/// </summary>
internal sealed class GgufReader(string path, MappedFile file)
{
    /// <summary>Where the file stands.</summary>
    public string Path => path;

    /// <summary>Bytes of the file.</summary>
    public long Length => file.Length;

    /// <summary>The next byte to read.</summary>
    public long Position { get; private set; }

    public CheckpointException Wrong(string problem) => new(path, problem);

    public byte ReadByte() => Read<byte>();

    public uint ReadUInt32() => Read<uint>();

    public ulong ReadUInt64() => Read<ulong>();

    public T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Take(Unsafe.SizeOf<T>()));

    /// <summary>Reads a count of things that take at least <paramref name="minBytes"/> each.</summary>
    public int ReadCount(string what, int minBytes)
    {
        var count = ReadUInt64();
        var limit = Math.Min((Length - Position) / minBytes, Array.MaxLength);
        return count <= (ulong)limit
            ? (int)count
            : throw Wrong($"{what}: {count} found, but the file has room for {limit}: it is truncated or damaged");
    }

    /// <summary>Reads a length and so many numbers.</summary>
    public T[] ReadArray<T>(string what)
        where T : unmanaged
    {
        var values = new T[ReadCount(what, Unsafe.SizeOf<T>())];
        var size = Unsafe.SizeOf<T>();
        // An array of numbers may be longer than a span of its bytes.
        for (var start = 0; start < values.Length; start += 1 << 20)
        {
            var part = values.AsSpan(start, Math.Min(1 << 20, values.Length - start));
            Take(part.Length * size).CopyTo(MemoryMarshal.AsBytes(part));
        }

        return values;
    }

    /// <summary>Reads a length and so many bytes of UTF-8; what is none becomes U+FFFD.</summary>
    public string ReadString(string what, int maxBytes)
    {
        var length = ReadCount($"the length of {what}", 1);
        return length <= maxBytes
            ? Encoding.UTF8.GetString(Take(length))
            : throw Wrong($"{what}: {length} bytes found, expected at most {maxBytes}");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Length - Position)
        {
            throw Wrong($"ends at {Length} bytes, inside its header: it is truncated");
        }

        var bytes = file.Span(Position, count);
        Position += count;
        return bytes;
    }
}
