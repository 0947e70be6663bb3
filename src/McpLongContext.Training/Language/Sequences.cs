namespace McpLongContext.Training.Language;

/// <summary>Sequences of whole segments, and the token that is to follow each of theirs.</summary>
/// <param name="Tokens">[sequences * segments * segment tokens].</param>
/// <param name="Targets">The same, one token later; <see cref="None"/> where nothing is to be learned.</param>
/// <param name="Count">Sequences.</param>
/// <param name="Segments">Segments of a sequence.</param>
internal sealed record Sequences(long[] Tokens, long[] Targets, int Count, int Segments)
{
    /// <summary>No target.</summary>
    public const long None = -100;
}
