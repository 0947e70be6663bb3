using System.Runtime.InteropServices;
using McpLongContext.Storage.States;

namespace McpLongContext.Storage.Maintenance;

/// <summary>
/// A new segment file, not published yet, that holds copies of runs of other segments; those of an older version are
/// brought to the present one.
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
            ReadOnlySpan<int> offsets = from.Reader.Offsets(run.FirstSlot, run.Passages);
            runs.Add(run with { FirstSlot = slots });
            slots += run.Passages;
            tokens += offsets[^1] - offsets[0];
        }

        EncoderProfile encoder = sources[0].From.Reader.Encoder;
        var layout = SegmentLayout.Of(encoder, runs.Count, slots, tokens);
        string file = SegmentFile.Write(folder, SegmentLayout.Magic, segment => Write(segment, layout, runs, sources));
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

        var present = new SegmentTranscoder(sources[0].From.Reader.Encoder);
        Append(layout.ScalesAt, (run, from) => MemoryMarshal.AsBytes(present.Scales(from.Reader, run)));
        Append(layout.PooledAt, (run, from) => present.Pooled(from.Reader, run));
        Append(layout.SignsAt, (run, from) => from.Plane(run, (reader, token, tokens) => reader.Signs(token, tokens)));
        Append(layout.RefinementAt, (run, from) => from.Plane(run, present.Refinement));

        void Append(long section, Part part)
        {
            file.Append(section, []);
            foreach ((StateRun run, LiveSegment from) in sources)
            {
                file.Append(part(run, from));
            }
        }
    }

    private delegate ReadOnlySpan<byte> Part(StateRun run, LiveSegment from);
}
