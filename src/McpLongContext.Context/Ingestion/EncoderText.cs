using System.Text;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// What the encoder reads for a passage. Text is read as it stands. Code is written out: identifiers fall into words,
/// which is how the encoder learnt language, and the path stands in front.
/// </summary>
internal static class EncoderText
{
    /// <summary>Part of the key that says whether stored states are current: raised whenever results change.</summary>
    public const int Version = 1;

    /// <summary>Path parts that a header shows: the file and what it stands in.</summary>
    private const int HeaderParts = 3;

    /// <summary>What the encoder reads before a document's passages, so that code is known by its place.</summary>
    /// <param name="path">The path of the document.</param>
    /// <param name="kind">Its kind; text has no header.</param>
    public static string Header(string path, DocumentKind kind)
    {
        if (!IsWrittenOut(kind))
        {
            return "";
        }

        var parts = path.Split('/', '\\');
        var header = new StringBuilder();
        AppendWords(header, string.Join(' ', parts[Math.Max(0, parts.Length - HeaderParts)..]));
        return header.ToString();
    }

    /// <summary>What the encoder reads for a passage.</summary>
    /// <param name="text">The passage.</param>
    /// <param name="kind">The kind of its document.</param>
    public static string Of(string text, DocumentKind kind)
    {
        if (!IsWrittenOut(kind))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + (text.Length / 8));
        AppendWords(result, text);
        return result.ToString();
    }

    /// <summary>Whether identifiers fall into words.</summary>
    private static bool IsWrittenOut(DocumentKind kind) => kind is DocumentKind.Code or DocumentKind.Data;

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
