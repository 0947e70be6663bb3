namespace McpLongContext.Training.Examples;

/// <summary>Long texts to measure on: facts in filler that training does not see.</summary>
internal static class HeldOutText
{
    /// <summary>Makes a text.</summary>
    /// <param name="random">Chooses the filler.</param>
    /// <param name="filler">The filler.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="planted">
    /// Samples, and where the facts of each stand, one after the other: from 0, the start, to 1. They are not to overlap.
    /// </param>
    public static int[] Of(
        Random random,
        FillerText filler,
        int length,
        params IReadOnlyList<(SampleTokens Sample, double Place)> planted
    )
    {
        var tokens = new long[length];
        filler.Fill(random, tokens, heldOut: true);
        foreach (var (sample, place) in planted)
        {
            var facts = sample.Facts.SelectMany(fact => fact).ToArray();
            var start = 1 + (int)(place * (length - 1 - facts.Length));
            for (var i = 0; i < facts.Length; i++)
            {
                tokens[start + i] = facts[i];
            }
        }

        return [.. tokens.Select(token => (int)token)];
    }
}
