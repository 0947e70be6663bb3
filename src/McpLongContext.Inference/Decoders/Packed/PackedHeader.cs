using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Decoders.Packed;

/// <summary>
/// The beginning of a file of packed weights. The matrices follow it in the order of <see cref="DecoderMatrix.All"/>,
/// each as <see cref="Int8BlockMatrix"/> lays it out, which is the same on every machine.
/// <code>
/// magic       8 bytes
/// version     uint32: of the layout and of the rounding
/// matrices    uint32: how many
/// content     32 bytes: SHA-256 of what names the checkpoint, and of the shapes
/// checksums   uint32 each: CRC-32C of every matrix
/// checksum    uint32: CRC-32C of everything before it
/// zeros       up to a multiple of a page
/// </code>
/// </summary>
internal static class PackedHeader
{
    /// <summary>To be raised whenever the same checkpoint would be packed into other bytes.</summary>
    private const uint Version = 1;

    private const int Page = 4096;
    private const int ChecksumsAt = 8 + sizeof(uint) + sizeof(uint) + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Magic => "MLCINT8\n"u8;

    /// <summary>The length in bytes: where the first matrix begins.</summary>
    /// <param name="matrices">How many there are.</param>
    public static int Length(int matrices)
    {
        var bytes = checked(ChecksumsAt + ((matrices + 1) * sizeof(uint)));
        return (bytes + Page - 1) / Page * Page;
    }

    /// <summary>Makes a header.</summary>
    /// <param name="content">Names the checkpoint.</param>
    /// <param name="matrices">The matrices of the checkpoint.</param>
    /// <param name="checksums">Of each as it is packed.</param>
    public static byte[] Make(string content, IReadOnlyList<MatrixReader> matrices, ReadOnlySpan<uint> checksums)
    {
        var header = new byte[Length(matrices.Count)];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), (uint)matrices.Count);
        Digest(content, matrices).CopyTo(header, 16);
        var position = ChecksumsAt;
        foreach (var checksum in checksums)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(position), checksum);
            position += sizeof(uint);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(position), Crc32C.Of(header.AsSpan(0, position)));
        return header;
    }

    /// <summary>
    /// The checksums of the matrices; <see langword="null"/> where the header is damaged or that of another file.
    /// </summary>
    public static uint[]? Read(ReadOnlySpan<byte> header, string content, IReadOnlyList<MatrixReader> matrices)
    {
        var checksums = new uint[matrices.Count];
        for (var i = 0; i < checksums.Length; i++)
        {
            checksums[i] = BinaryPrimitives.ReadUInt32LittleEndian(header[(ChecksumsAt + (i * sizeof(uint)))..]);
        }

        // What cannot differ in a sound header of this very content.
        return header.SequenceEqual(Make(content, matrices, checksums)) ? checksums : null;
    }

    private static byte[] Digest(string content, IReadOnlyList<MatrixReader> matrices)
    {
        var text = new StringBuilder(content);
        foreach (var matrix in matrices)
        {
            text.Append(null, $"{matrix.Outputs} {matrix.Inputs}\n");
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
