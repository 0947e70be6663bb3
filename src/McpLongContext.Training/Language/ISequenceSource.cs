namespace McpLongContext.Training.Language;

/// <summary>Where a language model's sequences come from.</summary>
internal interface ISequenceSource
{
    /// <summary>Draws sequences: the same ones for equal random numbers.</summary>
    /// <param name="random">Chooses them.</param>
    /// <param name="count">How many.</param>
    /// <param name="heldOut">Whether they come from what training does not see.</param>
    public Sequences Draw(Random random, int count, bool heldOut);
}
