namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>
/// The rule that every number, <c>\p{N}</c>, is a piece of its own; in the families of StarCoder, SmolLM and Granite it
/// comes before that of GPT-2.
/// </summary>
internal sealed class SingleNumbers : IPreTokenizer
{
    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        var of = text.ClassAt(0, out var at);
        while (of != CharacterClass.Number && at < text.Length)
        {
            if (text.ClassAt(at, out var length) == CharacterClass.Number)
            {
                break;
            }

            at += length;
        }

        return at;
    }
}
