namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>The text that one escape sequence stands for.</summary>
/// <param name="forTerms">Whether the result is cut into terms, or compared with a literal.</param>
internal sealed class EscapeOutput(bool forTerms)
{
    /// <summary>The text in the place of the sequence.</summary>
    public CharBuffer Text { get; } = new();

    /// <summary>Words of sequences that may be none (<c>\new</c> in a path), each after a space.</summary>
    public CharBuffer Alternatives { get; } = new();

    /// <summary>
    /// Writes the boundary of a sequence that shows nothing, such as a color, between two characters.
    /// </summary>
    /// <remarks>
    /// Inside a word both readings count, the whole and its parts, which is what the analyzer makes of an underscore.
    /// Scripts without spaces continue as if nothing were there.
    /// </remarks>
    /// <param name="before">The character before the sequence; NUL at the start.</param>
    /// <param name="after">The character after it; NUL at the end.</param>
    public void Boundary(char before, char after)
    {
        (var left, var right) = (Characters.ClassOf(before), Characters.ClassOf(after));
        if (left == CharacterClass.Separator || right == CharacterClass.Separator)
        {
            Text.Add(' ');
        }
        else if (forTerms && left != CharacterClass.Dense && right != CharacterClass.Dense)
        {
            Text.Add('_');
        }
    }

    /// <summary>Keeps the word at <paramref name="start"/> as another reading of the text.</summary>
    public void KeepWord(ReadOnlySpan<char> text, int start)
    {
        if (forTerms)
        {
            Alternatives.Add(' ');
            Alternatives.Add(text[start..EscapeText.WordEnd(text, start)]);
        }
    }
}
