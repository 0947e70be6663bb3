using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>Selects the best passages without sorting all of them.</summary>
internal static class Shortlist
{
    private const int Bins = 4096;

    /// <summary>
    /// The passages with the best scores in their order, at least <paramref name="count"/> where there are as many:
    /// those in the last bin of a histogram of the scores all count, so that it takes two looks at each.
    /// </summary>
    /// <param name="scores">Finite scores.</param>
    /// <param name="count">How many are wanted.</param>
    public static IReadOnlyList<long> Of(ScoredPassage[] scores, int count)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var score in scores)
        {
            (low, high) = (MathF.Min(low, score.Score), MathF.Max(high, score.Score));
        }

        var scale = high > low ? (Bins - 1) / (high - low) : 0;
        var histogram = new int[Bins];
        foreach (var score in scores)
        {
            histogram[(int)((score.Score - low) * scale)]++;
        }

        var last = Bins - 1;
        for (var taken = histogram[last]; last > 0 && taken < count; taken += histogram[--last]) { }

        var best = new List<long>(count);
        foreach (var score in scores)
        {
            if ((int)((score.Score - low) * scale) >= last)
            {
                best.Add(score.Passage);
            }
        }

        return best;
    }
}
