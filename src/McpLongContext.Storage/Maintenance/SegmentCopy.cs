using System.Runtime.InteropServices;
using McpLongContext.Storage.Keys;
using McpLongContext.Storage.States;

namespace McpLongContext.Storage.Maintenance;

/// <summary>
/// A new segment file, not published yet, that holds copies of runs of other segments.
/// </summary>
/// <param name="File">Its name.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Runs">Where the copies stand in it, in the order of their sources.</param>
internal sealed record SegmentCopy(string File, SegmentLayout Layout, IReadOnlyList<StateRun> Runs)
{
    /// <summary>Writes runs of segments of one encoder, at least one, into a new file.</summary>
    /// <exception cref="DatastoreCorruptException">A run is damaged.</exception>
    /// <exception cref="DatastoreException">The file could not be written; nothing is left behind.</exception>
    public static SegmentCopy Write(string folder, IReadOnlyList<(StateRun Run, LiveSegment From)> sources)
    {
        var runs = new List<StateRun>();
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
            : StateSegmentLayout.Of(first.Encoder, runs.Count, slots, tokens);
        var file = SegmentFile.Write(folder, layout.Magic, segment => Write(segment, layout, runs, sources));
        return new SegmentCopy(file, layout, runs);
    }

    private static void Write(
        SegmentFile file,
        SegmentLayout layout,
        IReadOnlyList<StateRun> runs,
        IReadOnlyList<(StateRun Run, LiveSegment From)> sources
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
            WriteStates(file, (StateSegmentLayout)layout, sources);
        }
    }

    private static void WriteKeys(
        SegmentFile file,
        KeySegmentLayout layout,
        IReadOnlyList<(StateRun Run, LiveSegment From)> sources
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

    private static void WriteStates(
        SegmentFile file,
        StateSegmentLayout layout,
        IReadOnlyList<(StateRun Run, LiveSegment From)> sources
    )
    {
        Append<StateSegment>(
            file,
            layout.ScalesAt,
            sources,
            (from, run, _, _) => MemoryMarshal.AsBytes(from.Scales(run.FirstSlot, run.Passages))
        );
        Append<StateSegment>(
            file,
            layout.PooledAt,
            sources,
            (from, run, _, _) => from.Pooled(run.FirstSlot, run.Passages)
        );
        Append<StateSegment>(file, layout.SignsAt, sources, (from, _, token, count) => from.Signs(token, count));
        Append<StateSegment>(
            file,
            layout.RefinementAt,
            sources,
            (from, _, token, count) => from.Refinement(token, count)
        );
    }

    /// <summary>Appends a section: the part of each run, one after the other.</summary>
    private static void Append<TSegment>(
        SegmentFile file,
        long section,
        IReadOnlyList<(StateRun Run, LiveSegment From)> sources,
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
    private delegate ReadOnlySpan<byte> Part<TSegment>(TSegment from, StateRun run, int token, int count);
}
