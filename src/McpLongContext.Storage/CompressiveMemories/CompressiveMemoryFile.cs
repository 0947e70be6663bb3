using System.Buffers.Binary;
using System.Runtime.InteropServices;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.CompressiveMemories;

/// <summary>
/// The file of a compressive memory: pages with checksums, as those of a segment. All numbers are little-endian.
/// <code>
/// header  64 bytes: magic, version, layers, heads, dimensions of a head, rule, zero
/// state   float32 [layers, heads, dimensions + 1, dimensions]: M^T of each head and after it z
/// </code>
/// </summary>
internal static class CompressiveMemoryFile
{
    private const int Version = 1;
    private const int HeaderBytes = 64;

    private static ReadOnlySpan<byte> Magic => "MLCINFIN"u8;

    /// <summary>The length of a compressive memory's file.</summary>
    public static long FileBytes(CompressiveMemoryProfile profile) => SegmentPages.FileBytes(BodyBytes(profile));

    /// <summary>Writes a compressive memory and makes it durable; returns the file's name.</summary>
    /// <exception cref="DatastoreException">The file could not be written; nothing is left behind.</exception>
    public static string Write(string folder, CompressiveMemoryProfile profile, ReadOnlyMemory<float> state) =>
        SegmentFile.Write(
            folder,
            Magic,
            file =>
            {
                file.Append(Header(profile));
                file.Append(MemoryMarshal.AsBytes(state.Span));
            }
        );

    /// <summary>Reads a compressive memory; every byte is verified.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">
    /// The file cannot be read, is damaged, newer, or of another profile.
    /// </exception>
    public static float[] Read(string path, CompressiveMemoryProfile profile)
    {
        using var pages = SegmentPages.Open(path, Magic);
        Require(path, pages);
        if (pages.BodyBytes != BodyBytes(profile) || !pages.Read(0, HeaderBytes).SequenceEqual(Header(profile)))
        {
            throw SegmentPages.Damaged(path, "its shape is not that of its model");
        }

        return MemoryMarshal.Cast<byte, float>(pages.Read(HeaderBytes, profile.Floats * sizeof(float))).ToArray();
    }

    /// <summary>Reads the whole file to see whether it is as it was written.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read, is damaged or newer.</exception>
    public static void Verify(string path)
    {
        using var pages = SegmentPages.Open(path, Magic);
        Require(path, pages);
        pages.Verify(0, pages.BodyBytes);
    }

    private static void Require(string path, SegmentPages pages)
    {
        var version = BinaryPrimitives.ReadInt32LittleEndian(pages.Header(HeaderBytes)[8..]);
        if (version > Version)
        {
            throw new DatastoreException(
                $"The memory '{path}' has format {version}; this program reads up to {Version}. Update the program."
            );
        }
    }

    private static long BodyBytes(CompressiveMemoryProfile profile) =>
        SegmentPages.Align(HeaderBytes + ((long)profile.Floats * sizeof(float)));

    private static byte[] Header(CompressiveMemoryProfile profile)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        var position = Magic.Length;
        foreach (var number in (int[])[Version, profile.Layers, profile.Heads, profile.HeadDim, profile.Rule])
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(position), number);
            position += sizeof(int);
        }

        return header;
    }
}
