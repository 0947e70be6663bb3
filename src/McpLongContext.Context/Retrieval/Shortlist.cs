using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Selects the best passages without sorting all of them: those in the best bins of a histogram of the scores, whole
/// bins, so that it takes two looks at each.
/// </summary>
internal static class Shortlist
{
    private const int Bins = 4096;

    /// <summary>
    /// The passages with the best scores in their order, at least <paramref name="count"/> where there are as many.
    /// </summary>
    /// <param name="scores">Finite scores.</param>
    /// <param name="count">How many are wanted.</param>
    public static IReadOnlyList<long> Of(ScoredPassage[] scores, int count)
    {
        var range = RangeOf(scores);
        return Of(scores, range, LeastBin(Histogram(scores, range), count));
    }

    /// <summary>The passages in a bin or a better one, in their order.</summary>
    public static IReadOnlyList<long> Of(ScoredPassage[] scores, (float Low, float High) range, int leastBin)
    {
        var best = new List<long>();
        var scale = ScaleOf(range);
        foreach (var score in scores)
        {
            if ((int)((score.Score - range.Low) * scale) >= leastBin)
            {
                best.Add(score.Passage);
            }
        }

        return best;
    }

    /// <summary>The lowest and the highest score.</summary>
    public static (float Low, float High) RangeOf(ScoredPassage[] scores)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var score in scores)
        {
            (low, high) = (MathF.Min(low, score.Score), MathF.Max(high, score.Score));
        }

        return (low, high);
    }

    /// <summary>The number of scores in each bin of a range, <c>[bins]</c>.</summary>
    public static int[] Histogram(ScoredPassage[] scores, (float Low, float High) range)
    {
        var histogram = new int[Bins];
        var scale = ScaleOf(range);
        foreach (var score in scores)
        {
            histogram[(int)((score.Score - range.Low) * scale)]++;
        }

        return histogram;
    }

    /// <summary>The bin from which on there are so many scores.</summary>
    public static int LeastBin(int[] histogram, int count)
    {
        var last = histogram.Length - 1;
        for (var taken = histogram[last]; last > 0 && taken < count; taken += histogram[--last]) { }

        return last;
    }

    private static float ScaleOf((float Low, float High) range) =>
        range.High > range.Low ? (Bins - 1) / (range.High - range.Low) : 0;
}
