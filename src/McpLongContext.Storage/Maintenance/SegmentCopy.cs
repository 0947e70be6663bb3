using System.Runtime.InteropServices;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Storage.Maintenance;

/// <summary>
/// A new segment file, not published yet, that holds copies of runs of other segments.
/// </summary>
/// <param name="File">The name of the file.</param>
/// <param name="Layout">The layout of the file.</param>
/// <param name="Runs">Where the copies stand in it, in the order of their sources.</param>
internal sealed record SegmentCopy(string File, SegmentLayout Layout, IReadOnlyList<SegmentRun> Runs)
{
    /// <summary>Writes runs of segments of one encoder, at least one, into a new file.</summary>
    /// <exception cref="DatastoreCorruptException">A run is damaged.</exception>
    /// <exception cref="DatastoreException">The file could not be written; nothing is left behind.</exception>
    public static SegmentCopy Write(string folder, IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources)
    {
        var runs = new List<SegmentRun>();
        var tokens = 0;
        var slots = 0;
        foreach (var (run, from) in sources)
        {
            runs.Add(run with { FirstSlot = slots });
            slots += run.Passages;
            tokens += from.TokensOf(run).Count;
        }

        var first = sources[0].From.Reader;
        SegmentLayout layout = first is KeySegment keys
            ? keys.Layout with
            {
                Runs = runs.Count,
                Passages = slots,
                Tokens = tokens,
            }
            : EmbeddingSegmentLayout.Of(first.Encoder, runs.Count, slots, tokens);
        var file = SegmentFile.Write(folder, layout.Magic, segment => Write(segment, layout, runs, sources));
        return new SegmentCopy(file, layout, runs);
    }

    private static void Write(
        SegmentFile file,
        SegmentLayout layout,
        IReadOnlyList<SegmentRun> runs,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources
    )
    {
        layout.WriteDirectory(file, runs);
        file.Append(layout.OffsetsAt, MemoryMarshal.AsBytes<int>([0]));
        var first = 0;
        foreach (var (run, from) in sources)
        {
            var offsets = from.Reader.Offsets(run.FirstSlot, run.Passages);
            foreach (var offset in offsets[1..])
            {
                file.Append(MemoryMarshal.AsBytes<int>([first + offset - offsets[0]]));
            }

            first += offsets[^1] - offsets[0];
        }

        if (layout is KeySegmentLayout keys)
        {
            WriteKeys(file, keys, sources);
        }
        else
        {
            WriteEmbeddings(file, (EmbeddingSegmentLayout)layout, sources);
        }
    }

    private static void WriteKeys(
        SegmentFile file,
        KeySegmentLayout layout,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources
    )
    {
        Append<KeySegment>(
            file,
            layout.IdsAt,
            sources,
            (from, _, token, count) => MemoryMarshal.AsBytes(from.Ids(token, count))
        );
        for (var plane = 0; plane < layout.Shape.Planes; plane++)
        {
            var chosen = plane;
            Append<KeySegment>(
                file,
                layout.ScaleAt(plane, 0),
                sources,
                (from, _, token, count) => MemoryMarshal.AsBytes(from.Scales(chosen, token, count))
            );
        }

        for (var plane = 0; plane < layout.Shape.Planes; plane++)
        {
            var chosen = plane;
            Append<KeySegment>(
                file,
                layout.CodeAt(plane, 0),
                sources,
                (from, _, token, count) => MemoryMarshal.AsBytes(from.Codes(chosen, token, count))
            );
        }
    }

    private static void WriteEmbeddings(
        SegmentFile file,
        EmbeddingSegmentLayout layout,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources
    )
    {
        Append<EmbeddingSegment>(
            file,
            layout.ScalesAt,
            sources,
            (from, run, _, _) => MemoryMarshal.AsBytes(from.Scales(run.FirstSlot, run.Passages))
        );
        Append<EmbeddingSegment>(
            file,
            layout.PooledAt,
            sources,
            (from, run, _, _) => from.Pooled(run.FirstSlot, run.Passages)
        );
        Append<EmbeddingSegment>(
            file,
            layout.BinaryCodesAt,
            sources,
            (from, _, token, count) => from.BinaryCodesOf(token, count)
        );
        Append<EmbeddingSegment>(
            file,
            layout.ResidualCodesAt,
            sources,
            (from, _, token, count) => from.ResidualCodes(token, count)
        );
    }

    /// <summary>Appends a section: the part of each run, one after the other.</summary>
    private static void Append<TSegment>(
        SegmentFile file,
        long section,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources,
        Part<TSegment> part
    )
        where TSegment : SegmentReader
    {
        file.Append(section, []);
        foreach (var (run, from) in sources)
        {
            var (token, count) = from.TokensOf(run);
            file.Append(part((TSegment)from.Reader, run, token, count));
        }
    }

    /// <summary>The bytes of a run, which has the tokens from one on, in a section.</summary>
    private delegate ReadOnlySpan<byte> Part<TSegment>(TSegment from, SegmentRun run, int token, int count);
}
