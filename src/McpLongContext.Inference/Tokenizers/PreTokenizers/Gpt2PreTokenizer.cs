namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>
/// The rule of GPT-2: a word is a run of letters, of numbers or of other characters, with the space before it.
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>
/// </summary>
internal sealed class Gpt2PreTokenizer : IPreTokenizer
{
    /// <summary>The rule as files write it.</summary>
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        var contraction = Contraction.LengthAt(text, ignoresCase: false);
        if (contraction > 0)
        {
            return contraction;
        }

        var start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        var of = text.ClassAt(start, out var length);
        return of is CharacterClass.Space or CharacterClass.LineBreak
            ? text.EndOfSpace(breaksLines: false)
            : text.EndOfRun(start + length, of);
    }
}
