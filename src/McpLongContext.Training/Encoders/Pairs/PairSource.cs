namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// The pairs of one folder or datastore. The passages of a batch come from one source, as the passages of a search do.
/// </summary>
/// <param name="Name">The folder or datastore.</param>
/// <param name="Training">The pairs to learn from.</param>
/// <param name="HeldOut">The pairs to measure with.</param>
internal sealed record PairSource(string Name, IReadOnlyList<TextPair> Training, IReadOnlyList<TextPair> HeldOut)
{
    /// <summary>
    /// The sources without pairs to learn from whose question or passage is held out in any of them: one text may be in
    /// several sources. One of which nothing is left to learn from is left out.
    /// </summary>
    public static IReadOnlyList<PairSource> Apart(IReadOnlyList<PairSource> sources)
    {
        var heldOut = sources
            .SelectMany(source => source.HeldOut)
            .SelectMany(pair => (string[])[pair.Question, pair.Passage])
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. sources
                .Select(source => source with { Training = [.. source.Training.Where(IsApart)] })
                .Where(source => source.Training.Count > 0),
        ];

        bool IsApart(TextPair pair) => !heldOut.Contains(pair.Question) && !heldOut.Contains(pair.Passage);
    }
}
