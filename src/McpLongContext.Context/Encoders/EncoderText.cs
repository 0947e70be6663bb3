using System.Text;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// The text that the encoder reads. Prose is read as it stands. Code is written out: identifiers fall into words, which
/// is how the encoder learned language, and the words of its path and enclosing declarations stand in front of each
/// passage.
/// </summary>
internal static class EncoderText
{
    /// <summary>
    /// Part of the key that says whether stored embeddings are current: raised whenever results change.
    /// </summary>
    public const int Version = 2;

    /// <summary>
    /// Parts of a path that say where a passage stands; what is above them is the same for most files.
    /// </summary>
    private const int HeaderParts = 3;

    /// <summary>The text that the encoder reads for a passage.</summary>
    /// <param name="text">The passage's text.</param>
    /// <param name="kind">The kind of its document.</param>
    public static string Body(string text, DocumentKind kind)
    {
        var trimmed = text.AsSpan().Trim();
        return IsWrittenOut(kind) ? WordsOf(trimmed) : trimmed.ToString();
    }

    /// <summary>Where a passage of code stands: the words of its path and of what encloses it.</summary>
    /// <param name="path">The path of its document.</param>
    /// <param name="context">The passage's enclosing declarations; may be empty.</param>
    public static string Header(string path, string context)
    {
        var parts = path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        return WordsOf($"{string.Join(' ', parts.TakeLast(HeaderParts))} {context}".Replace('.', ' ').Replace('-', ' '))
            .TrimEnd();
    }

    /// <summary>Whether identifiers are written out and the path stands in front.</summary>
    public static bool IsWrittenOut(DocumentKind kind) => kind is DocumentKind.Code or DocumentKind.Data;

    private static string WordsOf(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length + (text.Length / 8));
        AppendWords(result, text);
        return result.ToString();
    }

    /// <summary>Appends text with camelCase and snake_case separated; everything else is kept.</summary>
    private static void AppendWords(StringBuilder result, ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (
                i > 0
                && char.IsLetterOrDigit(text[i - 1])
                && i + 1 < text.Length
                && c == '_'
                && char.IsLetterOrDigit(text[i + 1])
            )
            {
                result.Append(' ');
                continue;
            }

            if (i > 0 && BeginsWord(text, i))
            {
                result.Append(' ');
            }

            result.Append(c);
        }
    }

    /// <summary>parse|Json, HTTP|Server; not JSON|s, not x|86.</summary>
    private static bool BeginsWord(ReadOnlySpan<char> text, int i) =>
        char.IsUpper(text[i])
        && (
            char.IsLower(text[i - 1])
            || char.IsDigit(text[i - 1])
            || (
                char.IsUpper(text[i - 1])
                && i + 2 < text.Length
                && char.IsLower(text[i + 1])
                && char.IsLower(text[i + 2])
            )
        );
}
