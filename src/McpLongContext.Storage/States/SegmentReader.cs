using System.Buffers.Binary;
using System.Runtime.InteropServices;
using McpLongContext.Kernels;
using McpLongContext.Storage.Integrity;

namespace McpLongContext.Storage.States;

/// <summary>
/// A mapped segment. Header, runs and offsets are verified when it is opened; every other page the first time that
/// something on it is read in this process, which costs a query as much as reading it (about 10 GB/s) and only once.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly MappedFile _file;

    /// <summary>A bit a page: verified.</summary>
    private readonly int[] _verified;

    private StateRun[] _runs;
    private int[] _firstSlots;

    private SegmentReader(string path, MappedFile file, SegmentLayout layout)
    {
        Path = path;
        _file = file;
        Layout = layout;
        _verified = new int[(layout.Pages + 31) / 32];
        _runs = [];
        _firstSlots = [];
    }

    public string Path { get; }

    public SegmentLayout Layout { get; }

    /// <summary>Maps a segment of the encoder.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static SegmentReader Open(string path, EncoderProfile encoder, StateCodec codec)
    {
        MappedFile? file = null;
        try
        {
            file = MappedFile.Open(path);
            if (file.Length < SegmentLayout.HeaderBytes + SegmentLayout.TrailerBytes)
            {
                throw Damaged(path, $"it has {file.Length} bytes only");
            }

            ReadOnlySpan<byte> header = file.Span(0, SegmentLayout.HeaderBytes);
            SegmentLayout layout = SegmentLayout.ReadHeader(header, codec, encoder.Precision, path);
            if (file.Length != layout.FileBytes)
            {
                throw Damaged(path, $"it has {file.Length} bytes instead of {layout.FileBytes}");
            }

            var reader = new SegmentReader(path, file, layout);
            reader.RequireTrailer();
            reader.Verify(0, layout.ScalesAt);
            reader._runs = reader.ReadRuns();
            reader._firstSlots = Array.ConvertAll(reader._runs, run => run.FirstSlot);
            return reader;
        }
        catch (Exception e) when (e is not FileNotFoundException)
        {
            file?.Dispose();
            throw e is IOException or UnauthorizedAccessException
                ? new DatastoreException($"The segment '{path}' cannot be read: {e.Message}", e)
                : e;
        }
    }

    /// <summary>The runs, in the order of their slots.</summary>
    public IReadOnlyList<StateRun> Runs => _runs;

    /// <summary>Whether these slots hold these passages of this content.</summary>
    public bool Holds(StateRun run)
    {
        int index = Array.BinarySearch(_firstSlots, run.FirstSlot);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0
            && _runs[index].Content == run.Content
            && run.FirstSlot - _runs[index].FirstSlot == run.FirstOrdinal - _runs[index].FirstOrdinal
            && run.FirstOrdinal + run.Passages <= _runs[index].FirstOrdinal + _runs[index].Passages;
    }

    /// <summary>The first token of each slot and, last, of the one behind: <c>[slots + 1]</c>.</summary>
    public ReadOnlySpan<int> Offsets(int slot, int slots) =>
        MemoryMarshal.Cast<byte, int>(Bytes(Layout.OffsetsAt + ((long)slot * sizeof(int)), (slots + 1) * sizeof(int)));

    /// <summary>The scales of pooled vectors, <c>[slots]</c>.</summary>
    public ReadOnlySpan<float> Scales(int slot, int slots) =>
        MemoryMarshal.Cast<byte, float>(Read(Layout.ScalesAt + ((long)slot * sizeof(float)), slots * sizeof(float)));

    /// <summary>The codes of pooled vectors, <c>[slots, dimensions]</c>.</summary>
    public ReadOnlySpan<sbyte> Pooled(int slot, int slots) =>
        MemoryMarshal.Cast<byte, sbyte>(
            Read(Layout.PooledAt + ((long)slot * Layout.Dimensions), slots * Layout.Dimensions)
        );

    /// <summary>The sign plane of tokens, <c>[tokens, dimensions / 8]</c>.</summary>
    public ReadOnlySpan<byte> Signs(int token, int tokens) =>
        Read(Layout.SignsAt + ((long)token * Layout.SignBytes), tokens * Layout.SignBytes);

    /// <summary>The refinement plane of tokens, <c>[tokens, refinement bytes]</c>.</summary>
    public ReadOnlySpan<byte> Refinement(int token, int tokens) =>
        Read(Layout.RefinementAt + ((long)token * Layout.RefinementBytes), tokens * Layout.RefinementBytes);

    /// <summary>The ranges of bytes whose pages are damaged; reads the whole file.</summary>
    public IEnumerable<(long First, long End)> DamagedPages()
    {
        for (int page = 0; page < Layout.Pages; page++)
        {
            if (!PageIsWhole(page))
            {
                long first = (long)page * SegmentLayout.PageBytes;
                yield return (first, Math.Min(first + SegmentLayout.PageBytes, Layout.ChecksumsAt));
            }
        }
    }

    /// <summary>Whether any state of these slots stands in a range of bytes.</summary>
    public bool Touches(int slot, int slots, (long First, long End) range)
    {
        ReadOnlySpan<int> offsets = Offsets(slot, slots);
        (long token, long tokens) = (offsets[0], offsets[^1] - offsets[0]);
        return Overlaps(Layout.ScalesAt, slot, slots, sizeof(float))
            || Overlaps(Layout.PooledAt, slot, slots, Layout.Dimensions)
            || Overlaps(Layout.SignsAt, token, tokens, Layout.SignBytes)
            || Overlaps(Layout.RefinementAt, token, tokens, Layout.RefinementBytes);

        bool Overlaps(long section, long first, long count, int width) =>
            section + (first * width) < range.End && range.First < section + ((first + count) * width);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static DatastoreCorruptException Damaged(string path, string how) =>
        new($"The segment '{path}' is damaged: {how}. Verify the datastore with repair; its states are made again.");

    private StateRun[] ReadRuns()
    {
        var runs = new StateRun[Layout.Runs];
        for (int i = 0; i < runs.Length; i++)
        {
            runs[i] = StateRun.Read(
                Bytes(SegmentLayout.HeaderBytes + ((long)i * SegmentLayout.RunBytes), SegmentLayout.RunBytes)
            );
        }

        return runs;
    }

    private ReadOnlySpan<byte> Bytes(long offset, int length) => _file.Span(offset, length);

    private ReadOnlySpan<byte> Read(long offset, int length)
    {
        Verify(offset, offset + length);
        return Bytes(offset, length);
    }

    /// <summary>Verifies the pages that hold the bytes, those that have not been yet.</summary>
    private void Verify(long first, long end)
    {
        for (int page = (int)(first / SegmentLayout.PageBytes); (long)page * SegmentLayout.PageBytes < end; page++)
        {
            if ((Volatile.Read(ref _verified[page / 32]) & 1 << page % 32) != 0)
            {
                continue;
            }

            if (!PageIsWhole(page))
            {
                throw Damaged(Path, $"the checksum of page {page} of {Layout.Pages} does not match");
            }

            Interlocked.Or(ref _verified[page / 32], 1 << page % 32);
        }
    }

    private bool PageIsWhole(int page)
    {
        long first = (long)page * SegmentLayout.PageBytes;
        int length = (int)Math.Min(SegmentLayout.PageBytes, Layout.ChecksumsAt - first);
        ReadOnlySpan<byte> stored = Bytes(Layout.ChecksumsAt + ((long)page * sizeof(uint)), sizeof(uint));
        return Crc32C.Of(Bytes(first, length)) == BinaryPrimitives.ReadUInt32LittleEndian(stored);
    }

    private void RequireTrailer()
    {
        ReadOnlySpan<byte> checksums = Bytes(Layout.ChecksumsAt, Layout.Pages * sizeof(uint));
        ReadOnlySpan<byte> trailer = Bytes(Layout.TrailerAt, SegmentLayout.TrailerBytes);
        if (
            BinaryPrimitives.ReadUInt32LittleEndian(trailer) != Crc32C.Of(checksums)
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != 0
            || !trailer[8..].SequenceEqual(SegmentLayout.Magic)
        )
        {
            throw Damaged(Path, "its trailer does not match");
        }
    }
}
