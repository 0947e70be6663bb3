namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// The pairs of one folder or datastore. The passages of a batch come from one source, as the passages of a search do.
/// </summary>
/// <param name="Name">The folder or datastore.</param>
/// <param name="Training">The pairs to learn from.</param>
/// <param name="HeldOut">The pairs to measure with.</param>
internal sealed record PairSource(string Name, IReadOnlyList<TextPair> Training, IReadOnlyList<TextPair> HeldOut)
{
    /// <summary>Pairs of a source that can be told apart, at least: of one alone there is nothing to learn.</summary>
    private const int LeastTraining = 2;

    /// <summary>
    /// The sources without pairs to learn from whose question or passage is held out in any of them: one text may be in
    /// several sources. One of which a single pair is left has none; what it holds out is measured all the same.
    /// </summary>
    /// <exception cref="TrainingException">Of no source enough is left to learn from.</exception>
    public static IReadOnlyList<PairSource> Apart(IReadOnlyList<PairSource> sources)
    {
        var heldOut = sources
            .SelectMany(source => source.HeldOut)
            .SelectMany(pair => (string[])[pair.Question, pair.Passage])
            .ToHashSet(StringComparer.Ordinal);
        PairSource[] apart =
        [
            .. sources.Select(source => source with { Training = [.. source.Training.Where(IsApart)] }),
        ];
        if (apart.All(source => source.Training.Count < LeastTraining))
        {
            var left = apart.Zip(
                sources,
                (after, before) => $"{after.Training.Count} of {before.Training.Count} pairs of {before.Name}"
            );
            throw new TrainingException(
                $"SOURCE: {string.Join(", ", left)} are left to learn from, expected {LeastTraining} or more of one: the "
                    + "others have a question or passage that is held out in one of them. Give a source that does not "
                    + "repeat the others, or leave copies out."
            );
        }

        return
        [
            .. apart.Select(source => source.Training.Count < LeastTraining ? source with { Training = [] } : source),
        ];

        bool IsApart(TextPair pair) => !heldOut.Contains(pair.Question) && !heldOut.Contains(pair.Passage);
    }
}
