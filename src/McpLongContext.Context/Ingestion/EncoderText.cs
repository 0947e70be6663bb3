using System.Text;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// What the encoder reads for a passage. Text is read as it stands. Code is written out: identifiers fall into words,
/// which is how the encoder learnt language, and path and enclosing declaration stand in front.
/// </summary>
internal static class EncoderText
{
    /// <summary>Part of the key that says whether stored states are current: raised whenever results change.</summary>
    public const int Version = 1;

    /// <summary>The encoder's input for a passage.</summary>
    /// <param name="passage">The passage.</param>
    /// <param name="kind">The kind of its document.</param>
    /// <param name="path">The path of its document, as it is cited.</param>
    public static string For(SplitPassage passage, DocumentKind kind, string path)
    {
        var text = passage.Text.AsSpan().Trim();
        if (kind is not (DocumentKind.Code or DocumentKind.Data))
        {
            return text.ToString();
        }

        var result = new StringBuilder(text.Length + (text.Length / 8) + path.Length + passage.Context.Length + 8);
        AppendWords(result, path);
        if (passage.Context.Length > 0)
        {
            AppendWords(result.Append(": "), passage.Context);
        }

        AppendWords(result.Append('\n'), text);
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
