using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Maintenance;

/// <summary>
/// Rewrites segments: the runs that are in use of several small or half-dead ones go into one new file, and a
/// transaction moves the references. Searches that use the old files continue with them.
/// </summary>
internal sealed class SegmentMerger(Datastore datastore)
{
    /// <summary>Segments from this size on are large enough to stay as they are.</summary>
    private const long LargeBytes = 64L << 20;

    /// <summary>A new segment takes no more than this.</summary>
    private const long MaxBytes = 256L << 20;

    /// <summary>A large segment is rewritten when less than this share of its passages is in use.</summary>
    private const double LiveShare = 0.7;

    /// <summary>Merges what is worth it.</summary>
    public void Merge(CancellationToken cancellation)
    {
        foreach (var group in Groups())
        {
            cancellation.ThrowIfCancellationRequested();
            Replace(group);
        }
    }

    private IEnumerable<List<LiveSegment>> Groups()
    {
        using var snapshot = datastore.Snapshot();
        var worth = LiveSegment
            .List(snapshot.Reader, snapshot.Segments)
            .Where(segment => segment.Reader.Layout.FileBytes < LargeBytes || segment.LiveShare < LiveShare)
            .ToList();
        foreach (var encoder in worth.GroupBy(segment => segment.EncoderId))
        {
            var group = new List<LiveSegment>();
            long bytes = 0;
            foreach (var segment in encoder)
            {
                var live = (long)(segment.Reader.Layout.FileBytes * segment.LiveShare);
                if (bytes + live > MaxBytes && group.Count > 0)
                {
                    yield return group;
                    group = [];
                    bytes = 0;
                }

                group.Add(segment);
                bytes += live;
            }

            if (group.Count > 1 || (group.Count == 1 && group[0].LiveShare < LiveShare))
            {
                yield return group;
            }
        }
    }

    private void Replace(List<LiveSegment> group)
    {
        List<(SegmentRun Run, LiveSegment From)> sources = group
            .SelectMany(segment => segment.Runs.Select(run => (run, segment)))
            .ToList();
        try
        {
            var copy = SegmentCopy.Write(datastore.RequireSegmentsFolder(), sources);
            datastore.Exchange(group, copy.Layout, copy.File, sources, copy.Runs);
        }
        catch (DatastoreCorruptException)
        {
            // Damage is for verification to report; a damaged segment stays as it is.
        }
    }
}
