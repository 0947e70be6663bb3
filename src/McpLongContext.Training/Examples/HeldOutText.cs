namespace McpLongContext.Training.Examples;

/// <summary>Long texts to measure on: facts in filler that training does not see.</summary>
internal static class HeldOutText
{
    /// <summary>Makes a text.</summary>
    /// <param name="random">Chooses the filler.</param>
    /// <param name="filler">The filler.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="planted">
    /// Samples, and where the facts of each stand, one after the other: from 0, the start, to 1, of the room that all
    /// facts leave.
    /// </param>
    /// <exception cref="TrainingException">The facts do not fit the text.</exception>
    public static int[] Of(
        Random random,
        FillerText filler,
        int length,
        params IReadOnlyList<(SampleTokens Sample, double Place)> planted
    )
    {
        var tokens = new long[length];
        filler.Fill(random, tokens, heldOut: true);
        var taken = planted.Sum(one => one.Sample.Facts.Sum(fact => fact.Length));
        // The first token may be that which texts begin with.
        var room = length - 1 - taken;
        if (room < 0)
        {
            throw new TrainingException(
                $"the facts take {taken} tokens, expected {length - 1} at most; give fewer --most-keys."
            );
        }

        var used = 1;
        foreach (var (sample, place) in planted.OrderBy(one => one.Place))
        {
            var start = (int)(place * room);
            foreach (var token in sample.Facts.SelectMany(fact => fact))
            {
                tokens[start + used++] = token;
            }
        }

        return [.. tokens.Select(token => (int)token)];
    }
}
