namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>The rule that numbers are apart from the rest: runs of <c>\p{N}</c>, and what is between.</summary>
internal sealed class NumberRuns : IPreTokenizer
{
    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        var isFirst = text.ClassAt(0, out var at) == CharacterClass.Number;
        while (at < text.Length && text.ClassAt(at, out var length) == CharacterClass.Number == isFirst)
        {
            at += length;
        }

        return at;
    }
}
