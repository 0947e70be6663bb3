using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Storage.Embeddings;

/// <summary>Scores the passages of a run, <c>scores[passages]</c>; NaN stands for no score.</summary>
internal delegate void RunScorer(PlacedRun run, Span<float> scores);

/// <summary>
/// Scores slots of a segment that a device holds, <c>[slots]</c>; <see langword="null"/> where the processor has to.
/// </summary>
internal delegate float[]? DeviceScorer(IDeviceEmbeddings embeddings, int[] slots);

/// <summary>
/// A scan of embeddings by all cores: those of a segment that lies on a device there, beside the others here. Where a page
/// is damaged, only the passages on it are lost.
/// </summary>
/// <param name="here">Scores on the processor.</param>
/// <param name="there">Scores on a device.</param>
/// <param name="damaged">Is told of damage; by several threads.</param>
internal sealed class EmbeddingScan(RunScorer here, DeviceScorer there, Action<string> damaged)
{
    /// <summary>Passages that one work item scans, so that cores share the work evenly.</summary>
    private const int PassagesPerItem = 512;

    /// <summary>The scores of the passages that have one, in the order of the runs.</summary>
    public ScoredPassage[] Run(IEnumerable<PlacedRun> runs, CancellationToken cancellation)
    {
        var items = ScanItem.Split(runs, PassagesPerItem);
        var total = items.Count == 0 ? 0 : items[^1].FirstScore + items[^1].Run.Passages;
        var scores = ArrayPool<float>.Shared.Rent(total);
        Score(items, PassagesPerItem, scores, cancellation);
        var answer = new ScoredPassage[total];
        var known = 0;
        foreach (var item in items)
        {
            for (var i = 0; i < item.Run.Passages; i++)
            {
                if (!float.IsNaN(scores[item.FirstScore + i]))
                {
                    answer[known++] = new ScoredPassage(item.Run.FirstPassage + i, scores[item.FirstScore + i]);
                }
            }
        }

        ArrayPool<float>.Shared.Return(scores);
        return known == total ? answer : answer[..known];
    }

    /// <summary>Scores items.</summary>
    /// <param name="items">In the order of their scores.</param>
    /// <param name="batch">Passages that a thread takes at a time.</param>
    /// <param name="scores">Overwritten in the places of the items.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    public void Score(List<ScanItem> items, int batch, float[] scores, CancellationToken cancellation)
    {
        var (processor, devices) = Place(items, cancellation);
        var work = devices
            .Select(one => (Action)(() => ScoreThere(one.Key, one.Value, scores)))
            .Concat(
                ScanItem
                    .Batches(processor, batch)
                    .Select(range => (Action)(() => ScoreHere(CollectionsMarshal.AsSpan(processor)[range], scores)))
            );
        Parallel.ForEach(
            Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { CancellationToken = cancellation },
            action => action()
        );
    }

    /// <summary>The items that are computed here, and those of each device that holds their segment.</summary>
    private static (List<ScanItem> Processor, Dictionary<IDeviceEmbeddings, List<ScanItem>> Devices) Place(
        List<ScanItem> items,
        CancellationToken cancellation
    )
    {
        var devices = new Dictionary<IDeviceEmbeddings, List<ScanItem>>();
        if (!items.Exists(item => item.Run.Segment.HasDevice))
        {
            return (items, devices);
        }

        var processor = items.FindAll(item =>
        {
            // The first scan of a segment copies it.
            cancellation.ThrowIfCancellationRequested();
            if (item.Run.Segment.OnDevice is not { } embeddings)
            {
                return true;
            }

            devices.TryAdd(embeddings, []);
            devices[embeddings].Add(item);
            return false;
        });
        return (processor, devices);
    }

    private void ScoreThere(IDeviceEmbeddings embeddings, List<ScanItem> items, float[] scores)
    {
        var slots = items.SelectMany(item => Enumerable.Range(item.Run.FirstSlot, item.Run.Passages)).ToArray();
        if (there(embeddings, slots) is not { } scored)
        {
            ScoreHere(CollectionsMarshal.AsSpan(items), scores);
            return;
        }

        var from = 0;
        foreach (var item in items)
        {
            scored.AsSpan(from, item.Run.Passages).CopyTo(scores.AsSpan(item.FirstScore));
            from += item.Run.Passages;
        }
    }

    private void ScoreHere(ReadOnlySpan<ScanItem> items, float[] scores)
    {
        foreach (var item in items)
        {
            Guarded(item.Run, scores.AsSpan(item.FirstScore, item.Run.Passages));
        }
    }

    /// <summary>Scores a run; where a page is damaged, passage by passage, so that only those on it are lost.</summary>
    private void Guarded(PlacedRun run, Span<float> scores)
    {
        try
        {
            here(run, scores);
        }
        catch (DatastoreCorruptException e)
        {
            damaged(e.Message);
            scores.Fill(float.NaN);
            for (var i = 0; i < run.Passages && run.Passages > 1; i++)
            {
                Guarded(run.Slice(i, 1), scores.Slice(i, 1));
            }
        }
    }
}
