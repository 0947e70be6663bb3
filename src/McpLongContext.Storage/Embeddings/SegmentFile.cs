using System.Buffers.Binary;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// Writes a file of checksummed pages front to back, whatever its sections hold; <see cref="SegmentPages"/> reads it.
/// <code>
/// body        sections, padded to a multiple of 64; it begins with the magic of its kind
/// checksums   uint32 each: CRC-32C of every page of 65,536 bytes of the body
/// trailer     16 bytes: CRC-32C of the checksums, zero, magic
/// </code>
/// </summary>
internal sealed class SegmentFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly byte[] _page = new byte[SegmentPages.PageBytes];
    private readonly List<uint> _checksums = [];
    private int _filled;

    private SegmentFile(FileStream stream) => _stream = stream;

    private long Position => ((long)_checksums.Count * SegmentPages.PageBytes) + _filled;

    /// <summary>
    /// Writes a file under a temporary name, makes it durable and renames it; afterwards the file is whole or not
    /// there. Returns its name in <paramref name="folder"/>.
    /// </summary>
    /// <param name="folder">Made if need be.</param>
    /// <param name="magic">The eight bytes that the body begins with.</param>
    /// <param name="sections">Appends the body.</param>
    /// <exception cref="DatastoreException">The file could not be written; nothing is left behind.</exception>
    public static string Write(string folder, ReadOnlySpan<byte> magic, Action<SegmentFile> sections)
    {
        var name = $"{Guid.NewGuid():N}.seg";
        var path = Path.Combine(folder, name);
        var draft = path + ".tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 18))
            using (var file = new SegmentFile(stream))
            {
                sections(file);
                file.Finish(magic);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path);
            DurableFolder.Flush(folder);
            return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SegmentFolder.TryDelete(draft);
            throw new DatastoreException(
                $"The embeddings could not be written to '{folder}': {e.Message} Nothing stored is lost. "
                    + "Free some space or allow writing, and encode again.",
                e
            );
        }
    }

    /// <summary>
    /// Copies a file that was written elsewhere, as durably. Returns its name in <paramref name="folder"/>.
    /// </summary>
    /// <exception cref="DatastoreException">The file could not be written; nothing is left behind.</exception>
    public static string Copy(string folder, Stream segment)
    {
        var name = $"{Guid.NewGuid():N}.seg";
        var path = Path.Combine(folder, name);
        var draft = path + ".tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(draft, FileMode.CreateNew))
            {
                segment.CopyTo(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path);
            DurableFolder.Flush(folder);
            return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            SegmentFolder.TryDelete(draft);
            throw new DatastoreException(
                $"A segment could not be written to '{folder}': {e.Message} Free some space or allow writing.",
                e
            );
        }
    }

    /// <summary>Appends the next section, at the position where its layout has it.</summary>
    public void Append(long position, ReadOnlySpan<byte> bytes)
    {
        while (Position < position)
        {
            Append([0]);
        }

        Append(bytes);
    }

    /// <summary>Appends bytes to the current section.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(bytes.Length, _page.Length - _filled);
            bytes[..taken].CopyTo(_page.AsSpan(_filled));
            _filled += taken;
            bytes = bytes[taken..];
            if (_filled == _page.Length)
            {
                FlushPage();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Finish(ReadOnlySpan<byte> magic)
    {
        Append(SegmentPages.Align(Position), []);
        if (_filled > 0)
        {
            FlushPage();
        }

        var checksums = new byte[_checksums.Count * sizeof(uint)];
        for (var i = 0; i < _checksums.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(checksums.AsSpan(i * sizeof(uint)), _checksums[i]);
        }

        Span<byte> trailer = stackalloc byte[SegmentPages.TrailerBytes];
        trailer.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32C.Of(checksums));
        magic.CopyTo(trailer[8..]);
        _stream.Write(checksums);
        _stream.Write(trailer);
    }

    private void FlushPage()
    {
        ReadOnlySpan<byte> page = _page.AsSpan(0, _filled);
        _checksums.Add(Crc32C.Of(page));
        _stream.Write(page);
        _filled = 0;
    }
}
