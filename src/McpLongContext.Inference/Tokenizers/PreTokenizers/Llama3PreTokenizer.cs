namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>
/// The rule of Llama 3 and, with single digits, of Qwen 2: letters with one other character before them, numbers in
/// short groups, punctuation with the line breaks after it, and white space up to the last line break.
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <param name="digits">The most numbers in a group: 3 for Llama 3, 1 for Qwen 2.</param>
internal sealed class Llama3PreTokenizer(int digits) : IPreTokenizer
{
    /// <summary>The rule with three digits as files write it.</summary>
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The rule with single digits as files write it.</summary>
    public const string SingleDigitPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        var contraction = Contraction.LengthAt(text, ignoresCase: true);
        if (contraction > 0)
        {
            return contraction;
        }

        var of = text.ClassAt(0, out var length);
        if (of == CharacterClass.Letter)
        {
            return text.EndOfRun(length, of);
        }

        if (of == CharacterClass.Number)
        {
            return EndOfNumber(text, length);
        }

        if (of != CharacterClass.LineBreak && text.IsAt(length, CharacterClass.Letter))
        {
            return text.EndOfRun(length, CharacterClass.Letter);
        }

        var start = text[0] == ' ' ? 1 : 0;
        if (text.IsAt(start, CharacterClass.Other))
        {
            return text.EndOfRun(text.EndOfRun(start, CharacterClass.Other), CharacterClass.LineBreak);
        }

        return text.EndOfSpace(breaksLines: true);
    }

    private int EndOfNumber(ReadOnlySpan<byte> text, int at)
    {
        for (var count = 1; count < digits && at < text.Length; count++)
        {
            if (text.ClassAt(at, out var length) != CharacterClass.Number)
            {
                break;
            }

            at += length;
        }

        return at;
    }
}
