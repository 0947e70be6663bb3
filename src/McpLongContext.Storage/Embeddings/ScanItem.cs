namespace McpLongContext.Storage.Embeddings;

/// <summary>A part of a run and the place of its scores.</summary>
/// <param name="Run">The part.</param>
/// <param name="FirstScore">The place of its first score.</param>
internal readonly record struct ScanItem(PlacedRun Run, int FirstScore)
{
    /// <summary>Parts of at most so many passages, whose scores follow each other.</summary>
    public static List<ScanItem> Split(IEnumerable<PlacedRun> runs, int passages)
    {
        var items = new List<ScanItem>();
        var position = 0;
        foreach (var run in runs)
        {
            for (var first = 0; first < run.Passages; first += passages)
            {
                var part = run.Slice(first, Math.Min(passages, run.Passages - first));
                items.Add(new ScanItem(part, position));
                position += part.Passages;
            }
        }

        return items;
    }

    /// <summary>Consecutive items that have about so many passages together, since many are small.</summary>
    public static IEnumerable<Range> Batches(List<ScanItem> items, int passages)
    {
        for (int first = 0, last = 0; first < items.Count; first = last)
        {
            var end = items[first].FirstScore + passages;
            while (last < items.Count && items[last].FirstScore < end)
            {
                last++;
            }

            yield return first..last;
        }
    }
}
