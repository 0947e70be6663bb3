using System.Buffers.Binary;
using System.Text;

namespace McpLongContext.Training.Libtorch;

/// <summary>
/// The symbol versions that a shared library (ELF, 64 bit, little-endian) demands of others: its section
/// <c>.gnu.version_r</c> (LSB Core, "Symbol Versioning"). The loader refuses a library for a version that is missing,
/// unless the entry is marked weak.
/// </summary>
internal static class VersionNeeds
{
    private const uint SectionType = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort Weak = 2; // VER_FLG_WEAK

    /// <summary>Marks a version as weak.</summary>
    /// <param name="library">The library's bytes, changed in place.</param>
    /// <param name="version">The version, such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <returns>Whether the library demands it.</returns>
    /// <exception cref="InvalidDataException">The bytes are no such library.</exception>
    public static bool Weaken(Span<byte> library, string version)
    {
        if (library.Length < 64 || !library.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("no 64-bit little-endian ELF library.");
        }

        var isFound = false;
        var sections = checked((int)ReadUInt64(library, 40));
        var (size, count) = (ReadUInt16(library, 58), ReadUInt16(library, 60));
        for (var i = 0; i < count; i++)
        {
            var section = sections + (i * size);
            if (ReadUInt32(library, section + 4) != SectionType)
            {
                continue;
            }

            var names = checked(
                (int)ReadUInt64(library, sections + (checked((int)ReadUInt32(library, section + 40)) * size) + 24)
            );
            isFound |= Weaken(library, checked((int)ReadUInt64(library, section + 24)), names, version);
        }

        return isFound;
    }

    /// <summary>
    /// Walks the list of needed files (Elfxx_Verneed), and of each the list of versions (Elfxx_Vernaux).
    /// </summary>
    private static bool Weaken(Span<byte> library, int need, int names, string version)
    {
        var isFound = false;
        while (true)
        {
            var entries = ReadUInt16(library, need + 2);
            var entry = need + checked((int)ReadUInt32(library, need + 8));
            for (var i = 0; i < entries; i++)
            {
                if (NameAt(library, names + checked((int)ReadUInt32(library, entry + 8))) == version)
                {
                    var flags = library[(entry + 4)..];
                    BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(ReadUInt16(library, entry + 4) | Weak));
                    isFound = true;
                }

                entry += checked((int)ReadUInt32(library, entry + 12));
            }

            var next = checked((int)ReadUInt32(library, need + 12));
            if (next == 0)
            {
                return isFound;
            }

            need += next;
        }
    }

    private static string NameAt(ReadOnlySpan<byte> library, int offset)
    {
        var name = library[offset..];
        return Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> library, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(library[offset..]);

    private static uint ReadUInt32(ReadOnlySpan<byte> library, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(library[offset..]);

    private static ulong ReadUInt64(ReadOnlySpan<byte> library, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(library[offset..]);
}
