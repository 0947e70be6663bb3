using McpLongContext.Inference.Layers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The tokens of a token memory whose keys have the greatest inner product with a query, positions left out: exact
/// search, by reading every key of a plane once for all queries together.
/// </summary>
public static class NearestTokens
{
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
        threadPool.Run(
            scan.Parts.Count,
            part =>
            {
                var kept = Empty();
                var text = scan.Parts[part].Text;
                scan.ForEachTile(
                    scan.Parts[part],
                    (first, scores) =>
                    {
                        for (var i = 0; i < scores.Length; i++)
                        {
                            kept[i % asked].Add(text, first + (i / asked), scores[i]);
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
}
