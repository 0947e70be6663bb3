using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>A mapped segment and the runs of it that the catalog refers to.</summary>
internal sealed record LiveSegment(long Id, long EncoderId, SegmentReader Reader, IReadOnlyList<SegmentRun> Runs)
{
    /// <summary>The share of the passages that is in use.</summary>
    public double LiveShare =>
        Reader.Layout.Passages == 0 ? 0 : (double)Runs.Sum(run => run.Passages) / Reader.Layout.Passages;

    /// <summary>The first token of a run and their number.</summary>
    public (int First, int Count) TokensOf(SegmentRun run)
    {
        var offsets = Reader.Offsets(run.FirstSlot, run.Passages);
        return (offsets[0], offsets[^1] - offsets[0]);
    }

    /// <summary>All segments of a published generation that are mapped, in the order of their publication.</summary>
    public static List<LiveSegment> List(Database reader, IReadOnlyDictionary<long, SegmentReader> mapped)
    {
        var live = new List<LiveSegment>();
        foreach (var segment in StoredSegment.List(reader))
        {
            if (mapped.TryGetValue(segment.Id, out var found))
            {
                live.Add(new LiveSegment(segment.Id, segment.EncoderId, found, segment.Runs.FindAll(found.Holds)));
            }
        }

        return live;
    }
}
