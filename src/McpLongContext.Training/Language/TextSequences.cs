using McpLongContext.Training.Examples;

namespace McpLongContext.Training.Language;

/// <summary>Successive segments of documents, all of whose tokens are learned.</summary>
/// <param name="text">The documents.</param>
/// <param name="segments">Segments of a sequence.</param>
/// <param name="segmentTokens">Tokens of a segment.</param>
internal sealed class TextSequences(FillerText text, int segments, int segmentTokens) : ISequenceSource
{
    /// <inheritdoc />
    public Sequences Draw(Random random, int count, bool heldOut)
    {
        var length = segments * segmentTokens;
        var (tokens, targets) = (new long[count * length], new long[count * length]);
        var drawn = new long[length + 1];
        for (var i = 0; i < count; i++)
        {
            text.Fill(random, drawn, heldOut);
            drawn.AsSpan(0, length).CopyTo(tokens.AsSpan(i * length));
            drawn.AsSpan(1).CopyTo(targets.AsSpan(i * length));
        }

        return new Sequences(tokens, targets, count, segments);
    }
}
