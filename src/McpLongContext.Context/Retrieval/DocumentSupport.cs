namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Several good passages speak for a document: its best passage gains a share of the next two. Documents then rank
/// nearly as by the sum of their best three (weights 1, 1/2, 1/4), while inside a document nothing is displaced.
/// </summary>
internal static class DocumentSupport
{
    private const double Share = 0.25;

    /// <summary>Weights of the second and third passage.</summary>
    private static readonly double[] s_weights = [0.5, 0.25];

    /// <summary>Adds the support to the scores of each document's best passage.</summary>
    /// <param name="passages">Passages in any order; the order stays.</param>
    public static IReadOnlyList<RankedPassage> Add(IReadOnlyList<RankedPassage> passages)
    {
        var support = new Dictionary<long, double>();
        foreach (var document in passages.GroupBy(passage => passage.Document.Id))
        {
            var best = document
                .OrderByDescending(passage => passage.Score)
                .ThenBy(passage => passage.Id)
                .Take(1 + s_weights.Length)
                .ToList();
            support[best[0].Id] = best.Skip(1)
                .Zip(s_weights, (other, weight) => weight * Math.Max(0, other.Score))
                .Sum();
        }

        return
        [
            .. passages.Select(passage =>
                passage with
                {
                    Score = passage.Score + (Share * support.GetValueOrDefault(passage.Id)),
                }
            ),
        ];
    }
}
