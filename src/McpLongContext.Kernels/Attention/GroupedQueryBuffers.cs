namespace McpLongContext.Kernels.Attention;

/// <summary>Scratch RAM of one call, each buffer at a cache line.</summary>
internal readonly unsafe struct GroupedQueryBuffers
{
    /// <summary>Far below any score, and finite.</summary>
    public const float Nothing = -1e30f;

    /// <summary>Floats in a cache line.</summary>
    public const int CacheLine = 16;

    private const int Page = KeyValueCache.PageTokens;

    public GroupedQueryBuffers(GroupedQueryRun run, int stripRows, float* scratch)
    {
        Queries = Take(ref scratch, run.Rows * run.HeadDim);
        Sums = Take(ref scratch, run.Rows * run.HeadDim);
        Keys = Take(ref scratch, Page * run.HeadDim);
        Scores = Take(ref scratch, stripRows * Page);
        Values = Take(ref scratch, stripRows * run.Cache.ValueColumns);
        Factors = Take(ref scratch, stripRows);
        Maxima = Take(ref scratch, run.Rows);
        Totals = Take(ref scratch, run.Rows);
        Cosines = Take(ref scratch, run.HeadDim);
        new Span<float>(Sums, run.Rows * run.HeadDim).Clear();
        new Span<float>(Totals, run.Rows).Clear();
        new Span<float>(Maxima, run.Rows).Fill(Nothing);
    }

    /// <summary>[rows, headDim] rotated.</summary>
    public float* Queries { get; }

    /// <summary>[rows, headDim] weighted values, summed over the pages so far.</summary>
    public float* Sums { get; }

    /// <summary>[panels, headDim, columns] a page's keys, rotated.</summary>
    public float* Keys { get; }

    /// <summary>[strip, page] scores, then weights.</summary>
    public float* Scores { get; }

    /// <summary>[strip, value columns] weighted values of a page.</summary>
    public float* Values { get; }

    /// <summary>[strip] what the sums so far are multiplied by.</summary>
    public float* Factors { get; }

    /// <summary>[rows] the largest score so far.</summary>
    public float* Maxima { get; }

    /// <summary>[rows] the sum of the weights so far.</summary>
    public float* Totals { get; }

    /// <summary>[headDim] a position's cosines, then its sines.</summary>
    public float* Cosines { get; }

    private static float* Take(ref float* next, int length)
    {
        var aligned = (float*)(((nint)next + (CacheLine * sizeof(float)) - 1) & -(CacheLine * sizeof(float)));
        next = aligned + length;
        return aligned;
    }
}
