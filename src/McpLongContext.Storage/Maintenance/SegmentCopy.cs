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
        int tokens = 0;
        int slots = 0;
        foreach ((StateRun run, LiveSegment from) in sources)
        {
            runs.Add(run with { FirstSlot = slots });
            slots += run.Passages;
            tokens += from.TokensOf(run).Count;
        }

        SegmentReader first = sources[0].From.Reader;
        SegmentLayout layout = first is KeySegment keys
            ? keys.Layout with
            {
                Runs = runs.Count,
                Passages = slots,
                Tokens = tokens,
            }
            : StateSegmentLayout.Of(first.Encoder, runs.Count, slots, tokens);
        string file = SegmentFile.Write(folder, layout.Magic, segment => Write(segment, layout, runs, sources));
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
        int first = 0;
        foreach ((StateRun run, LiveSegment from) in sources)
        {
            ReadOnlySpan<int> offsets = from.Reader.Offsets(run.FirstSlot, run.Passages);
            foreach (int offset in offsets[1..])
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
        for (int plane = 0; plane < layout.Shape.Planes; plane++)
        {
            int chosen = plane;
            Append<KeySegment>(
                file,
                layout.ScaleAt(plane, 0),
                sources,
                (from, _, token, count) => MemoryMarshal.AsBytes(from.Scales(chosen, token, count))
            );
        }

        for (int plane = 0; plane < layout.Shape.Planes; plane++)
        {
            int chosen = plane;
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
        foreach ((StateRun run, LiveSegment from) in sources)
        {
            (int token, int count) = from.TokensOf(run);
            file.Append(part((TSegment)from.Reader, run, token, count));
        }
    }

    /// <summary>The bytes of a run, which has the tokens from one on, in a section.</summary>
    private delegate ReadOnlySpan<byte> Part<TSegment>(TSegment from, StateRun run, int token, int count);
}
