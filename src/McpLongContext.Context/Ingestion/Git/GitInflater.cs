using System.IO.Compression;

namespace McpLongContext.Context.Ingestion.Git;

/// <summary>Inflates what Git has compressed, to a size that is known before.</summary>
internal static class GitInflater
{
    /// <summary>Bytes that a content of a size takes at most when it is compressed.</summary>
    public static int Bound(int size) => size + (size / 8) + 128;

    /// <summary>Inflates exactly so many bytes.</summary>
    /// <exception cref="InvalidDataException">There are fewer, or the stream is damaged.</exception>
    public static byte[] Inflate(byte[] bytes, int start, int count, int size)
    {
        var content = new byte[size];
        using var stream = Open(bytes, start, count);
        return stream.ReadAtLeast(content, size, throwOnEndOfStream: false) == size
            ? content
            : throw new InvalidDataException("An object is shorter than its header says.");
    }

    /// <summary>Inflates the beginning.</summary>
    /// <returns>At most so many bytes.</returns>
    /// <exception cref="InvalidDataException">The stream is damaged.</exception>
    public static byte[] InflateSome(byte[] bytes, int most)
    {
        var content = new byte[most];
        using var stream = Open(bytes, 0, bytes.Length);
        return content[..stream.ReadAtLeast(content, most, throwOnEndOfStream: false)];
    }

    private static ZLibStream Open(byte[] bytes, int start, int count) =>
        new(new MemoryStream(bytes, start, count, writable: false), CompressionMode.Decompress);
}
