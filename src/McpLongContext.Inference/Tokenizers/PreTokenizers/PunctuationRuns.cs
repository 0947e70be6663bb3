using System.Globalization;
using System.Text;

namespace McpLongContext.Inference.Tokenizers.PreTokenizers;

/// <summary>
/// The rule that punctuation is apart from the rest: runs of <c>[\p{P}$+&lt;=&gt;^~|]</c>, and what is between.
/// </summary>
internal sealed class PunctuationRuns : IPreTokenizer
{
    /// <inheritdoc/>
    public int FirstPiece(ReadOnlySpan<byte> text)
    {
        var isFirst = IsPunctuation(text, out var at);
        while (at < text.Length && IsPunctuation(text[at..], out var length) == isFirst)
        {
            at += length;
        }

        return at;
    }

    private static bool IsPunctuation(ReadOnlySpan<byte> text, out int length)
    {
        _ = Rune.DecodeFromUtf8(text, out var rune, out length);
        return rune.Value is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|'
            || Rune.GetUnicodeCategory(rune)
                is >= UnicodeCategory.ConnectorPunctuation
                    and <= UnicodeCategory.OtherPunctuation;
    }
}
