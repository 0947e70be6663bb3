using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Context.Bits;

/// <summary>The header of a compressed file.</summary>
/// <remarks>
/// <c>MLCB</c>, a byte of version, 16 bytes of the SHA-256 of the model's key, 16 bytes of the system and kind of
/// processor (ASCII, filled up with zeros), the length of the original (int64), CRC-32C of all before (uint32); numbers are
/// little-endian. Blocks follow.
/// </remarks>
/// <param name="Model">Names the model.</param>
/// <param name="Processor">Names what rounding depends on, as <see cref="ThisProcessor"/> does.</param>
/// <param name="Length">Bytes of the original.</param>
internal sealed record BitArchive(string Model, string Processor, long Length)
{
    private const byte Version = 2;
    private const int ModelBytes = 16;
    private const int ProcessorBytes = 16;
    private const int Size = 4 + 1 + ModelBytes + ProcessorBytes + sizeof(long) + sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "MLCB"u8;

    /// <summary>
    /// Names the system, whose library computes exponentials and sines, and the width of vectors, which is the order of
    /// sums: probabilities must be the same to the last place.
    /// </summary>
    public static string ThisProcessor
    {
        get
        {
            var width =
                Vector512.IsHardwareAccelerated ? 512
                : Vector256.IsHardwareAccelerated ? 256
                : 128;
            return $"{System}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()[..3]}-{width}";
        }
    }

    private static string System =>
        OperatingSystem.IsWindows() ? "windows"
        : OperatingSystem.IsMacOS() ? "macos"
        : OperatingSystem.IsFreeBSD() ? "freebsd"
        : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
        || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal)
            ? "musl"
        : "linux";

    /// <summary>The name of a model.</summary>
    public static string NameOf(LoadedBitModel model) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(model.Key))[..ModelBytes]);

    /// <summary>Writes the header.</summary>
    public void Write(Stream stream)
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        bytes[4] = Version;
        Convert.FromHexString(Model).CopyTo(bytes, 5);
        Encoding.ASCII.GetBytes(Processor).CopyTo(bytes, 5 + ModelBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(5 + ModelBytes + ProcessorBytes), Length);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes.AsSpan(Size - sizeof(uint)),
            Crc32C.Of(bytes.AsSpan(0, Size - 4))
        );
        stream.Write(bytes);
    }

    /// <summary>Reads the header.</summary>
    /// <exception cref="ContextException">The file is of another kind, or damaged.</exception>
    public static BitArchive Read(Stream stream, string path)
    {
        var bytes = new byte[Size];
        var read = stream.ReadAtLeast(bytes, Size, throwOnEndOfStream: false);
        if (read < Size || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new ContextException(
                $"FILE: '{path}' was not written by `mcp-long-context compress`: its first bytes are others."
            );
        }

        if (bytes[4] != Version)
        {
            throw new ContextException(
                $"FILE: '{path}' is of version {bytes[4]}, expected {Version}: another version of the program wrote it."
            );
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(Size - 4)) != Crc32C.Of(bytes.AsSpan(0, Size - 4)))
        {
            throw new ContextException($"FILE: '{path}' is damaged in its header.");
        }

        return new BitArchive(
            Convert.ToHexStringLower(bytes.AsSpan(5, ModelBytes)),
            Encoding.ASCII.GetString(bytes, 5 + ModelBytes, ProcessorBytes).TrimEnd('\0'),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(5 + ModelBytes + ProcessorBytes))
        );
    }
}
