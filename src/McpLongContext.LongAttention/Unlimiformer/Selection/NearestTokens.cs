using McpLongContext.Inference.Layers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The tokens of a token memory whose keys have the greatest inner product with a query, positions left out: exact
/// search, by reading every key of a plane once for all queries together.
/// </summary>
public static class NearestTokens
{
    /// <summary>Products that are copied from a device at a time: 4 MB.</summary>
    private const int MostProducts = 1 << 20;

    /// <summary>Finds the best tokens of each query.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="plane">The plane of the keys.</param>
    /// <param name="queries">[n, headDim].</param>
    /// <param name="width">headDim.</param>
    /// <param name="count">How many to give for each query at most.</param>
    /// <param name="threadPool">Computes.</param>
    /// <returns>[n][hits], best first; equal ones in the order of the token memory.</returns>
    public static TokenHit[][] Of(
        ITokenMemory memory,
        int plane,
        ReadOnlySpan<float> queries,
        int width,
        int count,
        ComputeThreadPool threadPool
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(threadPool);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var asked = queries.Length / width;
        var scan = new KeyScan(memory, plane, queries, asked, scale: 1);
        var best = Empty();
        var all = queries.ToArray();
        var here = new List<int>();
        foreach (var work in ScanWork.Of(scan.Parts, plane))
        {
            if (!TryOnDevice(work, scan.Parts, all, best, count, threadPool))
            {
                here.AddRange(work.Parts);
            }
        }

        threadPool.Run(
            here.Count,
            index =>
            {
                var kept = Empty();
                var part = scan.Parts[here[index]];
                scan.ForEachTile(
                    part,
                    (first, scores) =>
                    {
                        for (var i = 0; i < scores.Length; i++)
                        {
                            kept[i % asked].Add(part.Text, first + (i / asked), scores[i]);
                        }
                    }
                );
                for (var query = 0; query < asked; query++)
                {
                    best[query].Take(kept[query]);
                }
            }
        );
        return [.. best.Select(one => one.InOrder())];

        BestTokens[] Empty() => [.. Enumerable.Range(0, asked).Select(_ => new BestTokens(count))];
    }

    /// <summary>Adds the best tokens of keys on a device; nothing where there are none or the device fails.</summary>
    private static bool TryOnDevice(
        ScanWork work,
        IReadOnlyList<KeyScan.Part> parts,
        float[] queries,
        BestTokens[] best,
        int count,
        ComputeThreadPool threadPool
    )
    {
        if (work.Keys is not { } keys)
        {
            return false;
        }

        var starts = new int[work.Ranges.Length + 1];
        for (var i = 0; i < work.Ranges.Length; i++)
        {
            starts[i + 1] = starts[i] + work.Ranges[i].Count;
        }

        var found = Array.ConvertAll(best, _ => new BestTokens(count));
        var width = queries.Length / best.Length;
        var step = Math.Max(1, MostProducts / starts[^1]);
        for (var first = 0; first < best.Length; first += step)
        {
            var asked = Math.Min(step, best.Length - first);
            var asking = queries.AsSpan(first * width, asked * width).ToArray();
            if (keys.Multiply(work.Ranges, asking) is not { } products)
            {
                return false;
            }

            var from = first;
            threadPool.Run(
                work.Parts.Length,
                index =>
                {
                    var part = parts[work.Parts[index]];
                    var kept = Array.ConvertAll(new int[asked], _ => new BestTokens(count));
                    for (var i = 0; i < part.Count * asked; i++)
                    {
                        var token = part.BlockStart + part.First + (i / asked);
                        kept[i % asked].Add(part.Text, token, products[(starts[index] * asked) + i]);
                    }

                    for (var query = 0; query < asked; query++)
                    {
                        found[from + query].Take(kept[query]);
                    }
                }
            );
        }

        for (var query = 0; query < best.Length; query++)
        {
            best[query].Take(found[query]);
        }

        return true;
    }
}
