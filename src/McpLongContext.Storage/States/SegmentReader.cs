using System.Runtime.InteropServices;

namespace McpLongContext.Storage.States;

/// <summary>A mapped segment, whose pages are verified the first time that something on them is read.</summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly SegmentPages _pages;
    private readonly StateRun[] _runs;
    private readonly int[] _firstSlots;

    private SegmentReader(SegmentPages pages, SegmentLayout layout, EncoderProfile encoder)
    {
        _pages = pages;
        Layout = layout;
        Encoder = encoder;
        States = StateCodec.Of(encoder, layout.Version);
        Vectors = VectorCodec.Of(encoder, layout.Version);
        _runs = new StateRun[layout.Runs];
        for (int i = 0; i < _runs.Length; i++)
        {
            long position = SegmentLayout.HeaderBytes + ((long)i * SegmentLayout.RunBytes);
            _runs[i] = StateRun.Read(pages.Read(position, SegmentLayout.RunBytes));
        }

        _firstSlots = Array.ConvertAll(_runs, run => run.FirstSlot);
        pages.Verify(0, layout.ScalesAt);
    }

    public string Path => _pages.Path;

    public SegmentLayout Layout { get; }

    /// <summary>Whose states these are.</summary>
    public EncoderProfile Encoder { get; }

    /// <summary>Restores token states.</summary>
    public StateCodec States { get; }

    /// <summary>Restores the vectors of passages.</summary>
    public VectorCodec Vectors { get; }

    /// <summary>Maps a segment of the encoder and verifies its directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DatastoreException">The file cannot be read or is damaged.</exception>
    public static SegmentReader Open(string path, EncoderProfile encoder)
    {
        var pages = SegmentPages.Open(path, SegmentLayout.Magic);
        try
        {
            ReadOnlySpan<byte> header = pages.Header(SegmentLayout.HeaderBytes);
            SegmentLayout layout = SegmentLayout.ReadHeader(header, encoder, path);
            return pages.BodyBytes == layout.BodyBytes
                ? new SegmentReader(pages, layout, encoder)
                : throw SegmentPages.Damaged(path, $"it has {pages.BodyBytes} bytes instead of {layout.BodyBytes}");
        }
        catch
        {
            pages.Dispose();
            throw;
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
        MemoryMarshal.Cast<byte, int>(Read(Layout.OffsetsAt + ((long)slot * sizeof(int)), (slots + 1) * sizeof(int)));

    /// <summary>The scales of pooled vectors, <c>[slots]</c>.</summary>
    public ReadOnlySpan<float> Scales(int slot, int slots) =>
        MemoryMarshal.Cast<byte, float>(Read(Layout.ScalesAt + ((long)slot * sizeof(float)), slots * sizeof(float)));

    /// <summary>The codes of pooled vectors, <c>[slots, pooled bytes]</c>.</summary>
    public ReadOnlySpan<byte> Pooled(int slot, int slots) =>
        Read(Layout.PooledAt + ((long)slot * Layout.PooledBytes), slots * Layout.PooledBytes);

    /// <summary>The sign plane of tokens, <c>[tokens, dimensions / 8]</c>.</summary>
    public ReadOnlySpan<byte> Signs(int token, int tokens) =>
        Read(Layout.SignsAt + ((long)token * Layout.SignBytes), tokens * Layout.SignBytes);

    /// <summary>The refinement plane of tokens, <c>[tokens, refinement bytes]</c>.</summary>
    public ReadOnlySpan<byte> Refinement(int token, int tokens) =>
        Read(Layout.RefinementAt + ((long)token * Layout.RefinementBytes), tokens * Layout.RefinementBytes);

    /// <summary>The ranges of bytes whose pages are damaged; reads the whole file.</summary>
    public IEnumerable<(long First, long End)> DamagedPages() => _pages.DamagedPages();

    /// <summary>Whether any state of these slots stands in a range of bytes.</summary>
    public bool Touches(int slot, int slots, (long First, long End) range)
    {
        ReadOnlySpan<int> offsets = Offsets(slot, slots);
        (long token, long tokens) = (offsets[0], offsets[^1] - offsets[0]);
        return Overlaps(Layout.ScalesAt, slot, slots, sizeof(float))
            || Overlaps(Layout.PooledAt, slot, slots, Layout.PooledBytes)
            || Overlaps(Layout.SignsAt, token, tokens, Layout.SignBytes)
            || Overlaps(Layout.RefinementAt, token, tokens, Layout.RefinementBytes);

        bool Overlaps(long section, long first, long count, int width) =>
            section + (first * width) < range.End && range.First < section + ((first + count) * width);
    }

    /// <inheritdoc/>
    public void Dispose() => _pages.Dispose();

    private ReadOnlySpan<byte> Read(long offset, int length) => _pages.Read(offset, length);
}
