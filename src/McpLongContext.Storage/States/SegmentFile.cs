using System.Buffers.Binary;
using McpLongContext.Storage.Integrity;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Storage.States;

/// <summary>Writes a segment file front to back: sections with their padding, then the checksums of its pages.</summary>
internal sealed class SegmentFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly SegmentLayout _layout;
    private readonly byte[] _page = new byte[SegmentLayout.PageBytes];
    private readonly List<uint> _checksums = [];
    private int _filled;

    private SegmentFile(FileStream stream, SegmentLayout layout)
    {
        _stream = stream;
        _layout = layout;
    }

    private long Position => ((long)_checksums.Count * SegmentLayout.PageBytes) + _filled;

    /// <summary>
    /// Writes a segment under a temporary name, makes it durable and renames it; afterwards the file is whole or not
    /// there. Returns its name in <paramref name="folder"/>.
    /// </summary>
    /// <exception cref="DatastoreException">It could not be written; nothing is left behind.</exception>
    public static string Write(string folder, SegmentLayout layout, Action<SegmentFile> sections)
    {
        string name = $"{Guid.NewGuid():N}.seg";
        string path = Path.Combine(folder, name);
        string draft = path + ".tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 18))
            using (var file = new SegmentFile(stream, layout))
            {
                sections(file);
                file.Finish();
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path);
            DurableFolder.Flush(folder);
            return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StateFolder.TryDelete(draft);
            throw new DatastoreException(
                $"The states could not be written to '{folder}': {e.Message} Nothing stored is lost. "
                    + "Free some space or allow writing, and encode again.",
                e
            );
        }
    }

    /// <summary>Appends the header and the runs, the first sections of every segment.</summary>
    public static void WriteDirectory(SegmentFile file, SegmentLayout layout, IReadOnlyList<StateRun> runs)
    {
        Span<byte> header = stackalloc byte[SegmentLayout.HeaderBytes];
        layout.WriteHeader(header);
        file.Append(header);
        Span<byte> run = stackalloc byte[SegmentLayout.RunBytes];
        foreach (StateRun entry in runs)
        {
            entry.Write(run);
            file.Append(run);
        }
    }

    /// <summary>Appends the next section, at the position where the layout has it.</summary>
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
            int taken = Math.Min(bytes.Length, _page.Length - _filled);
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

    private void Finish()
    {
        Append(_layout.ChecksumsAt, []);
        if (_filled > 0)
        {
            FlushPage();
        }

        byte[] checksums = new byte[_checksums.Count * sizeof(uint)];
        for (int i = 0; i < _checksums.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(checksums.AsSpan(i * sizeof(uint)), _checksums[i]);
        }

        Span<byte> trailer = stackalloc byte[SegmentLayout.TrailerBytes];
        trailer.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32C.Of(checksums));
        SegmentLayout.Magic.CopyTo(trailer[8..]);
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
