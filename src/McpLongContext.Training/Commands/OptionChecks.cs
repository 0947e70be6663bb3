namespace McpLongContext.Training.Commands;

/// <summary>Checks that options of several commands share.</summary>
internal static class OptionChecks
{
    /// <summary>Demands numbers above 0.</summary>
    /// <exception cref="TrainingException">One is not.</exception>
    public static void Positive(params ReadOnlySpan<(string Option, double Value)> options)
    {
        foreach (var (option, value) in options)
        {
            if (value is not (> 0 and < double.PositiveInfinity))
            {
                throw new TrainingException($"{option} {value}: expected a number above 0.");
            }
        }
    }

    /// <summary>Demands a length of segments that a model can read.</summary>
    /// <param name="tokens">Tokens of a segment.</param>
    /// <param name="least">The fewest.</param>
    /// <param name="window">The window of the model.</param>
    /// <exception cref="TrainingException">The segment is too short or too long.</exception>
    public static void Segment(int tokens, int least, int window)
    {
        if (tokens < least || tokens > window)
        {
            throw new TrainingException($"--segment {tokens}: expected {least} to {window}, the window of the model.");
        }
    }
}
