using System.Runtime.InteropServices;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// A mapped segment, whose pages are verified the first time that something on them is read: its directory, which says
/// which passages it holds. What it holds of their tokens is of its kind.
/// </summary>
internal abstract class SegmentReader : IDisposable
{
    private readonly SegmentPages _pages;
    private readonly SegmentRun[] _runs;
    private readonly int[] _firstSlots;

    /// <summary>Reads and verifies the directory.</summary>
    protected SegmentReader(SegmentPages pages, SegmentLayout layout, EmbeddingProfile encoder)
    {
        if (pages.BodyBytes != layout.BodyBytes)
        {
            throw SegmentPages.Damaged(pages.Path, $"it has {pages.BodyBytes} bytes instead of {layout.BodyBytes}");
        }

        _pages = pages;
        Layout = layout;
        Encoder = encoder;
        _runs = new SegmentRun[layout.Runs];
        for (var i = 0; i < _runs.Length; i++)
        {
            var position = SegmentLayout.HeaderBytes + ((long)i * SegmentLayout.RunBytes);
            _runs[i] = SegmentRun.Read(pages.Read(position, SegmentLayout.RunBytes));
        }

        _firstSlots = Array.ConvertAll(_runs, run => run.FirstSlot);
        pages.Verify(0, layout.DirectoryEnd);
        RequireDirectory();
    }

    public string Path => _pages.Path;

    public SegmentLayout Layout { get; }

    /// <summary>The encoder that made the contents.</summary>
    public EmbeddingProfile Encoder { get; }

    /// <summary>The runs, in the order of their slots.</summary>
    public IReadOnlyList<SegmentRun> Runs => _runs;

    /// <summary>Whether these slots hold these passages of this content.</summary>
    public bool Holds(SegmentRun run)
    {
        var index = Array.BinarySearch(_firstSlots, run.FirstSlot);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0
            && _runs[index].Content == run.Content
            && run.FirstSlot - _runs[index].FirstSlot == run.FirstOrdinal - _runs[index].FirstOrdinal
            && run.FirstOrdinal + run.Passages <= _runs[index].FirstOrdinal + _runs[index].Passages;
    }

    /// <summary>The first token of each slot and, last, of the one after: <c>[slots + 1]</c>.</summary>
    public ReadOnlySpan<int> Offsets(int slot, int slots) =>
        MemoryMarshal.Cast<byte, int>(Read(Layout.OffsetsAt + ((long)slot * sizeof(int)), (slots + 1) * sizeof(int)));

    /// <summary>The ranges of bytes whose pages are damaged; reads the whole file.</summary>
    public IEnumerable<(long First, long End)> DamagedPages() => _pages.DamagedPages();

    /// <summary>Whether anything of these slots stands in a range of bytes.</summary>
    public bool Touches(int slot, int slots, (long First, long End) range)
    {
        var offsets = Offsets(slot, slots);
        var (token, tokens) = (offsets[0], offsets[^1] - offsets[0]);
        return Sections(slot, slots, token, tokens)
            .Any(part => part.First < range.End && range.First < part.First + part.Bytes);
    }

    /// <inheritdoc/>
    public virtual void Dispose() => _pages.Dispose();

    /// <summary>Where the contents of some slots and their tokens stand.</summary>
    protected abstract IEnumerable<(long First, long Bytes)> Sections(int slot, int slots, int token, int tokens);

    /// <summary>Bytes of the body, verified.</summary>
    protected ReadOnlySpan<byte> Read(long offset, int length) => _pages.Read(offset, length);

    /// <summary>
    /// Demands that runs and offsets keep within what the header counts. Checksums prove that they are as they were
    /// written, not that they are right.
    /// </summary>
    private void RequireDirectory()
    {
        long slot = 0;
        foreach (var run in _runs)
        {
            Require(run.Passages > 0 && run.FirstOrdinal >= 0 && run.FirstOrdinal <= int.MaxValue - run.Passages);
            Require(run.FirstSlot == slot);
            slot += run.Passages;
        }

        var offsets = Offsets(0, Layout.Passages);
        Require(slot == Layout.Passages && offsets[0] == 0 && offsets[^1] == Layout.Tokens);
        for (var i = 1; i < offsets.Length; i++)
        {
            Require(offsets[i - 1] <= offsets[i]);
        }

        void Require(bool holds)
        {
            if (!holds)
            {
                throw SegmentPages.Damaged(Path, "its directory contradicts its header");
            }
        }
    }
}
