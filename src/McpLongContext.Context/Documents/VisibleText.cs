using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpLongContext.Context.Documents;

/// <summary>
/// Text of documents made harmless for a terminal, a page and a line-oriented result: control characters and marks that
/// reorder text are shown instead of obeyed, so that a document can neither drive the terminal nor hide or forge lines.
/// </summary>
internal static class VisibleText
{
    private const char ControlPictures = '\u2400';
    private const char DeletePicture = '\u2421';
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> s_unsafe = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Where(code => code is not ('\t' or '\n')).Select(code => (char)code),
        .. Enumerable.Range(0x7F, 0x21).Select(code => (char)code),
        // Line and paragraph separators, bidirectional embeddings, overrides and isolates.
        .. "\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069",
    ]);

    /// <summary>Makes a text of several lines harmless; tabs and line feeds stay.</summary>
    public static string Lines(string text) =>
        text.AsSpan().ContainsAny(s_unsafe)
            ? string.Create(
                text.Length,
                text,
                static (span, source) =>
                {
                    for (var i = 0; i < span.Length; i++)
                    {
                        span[i] = s_unsafe.Contains(source[i]) ? Show(source[i]) : source[i];
                    }
                }
            )
            : text;

    /// <summary>Makes a name harmless that must stay on one line.</summary>
    public static string Name(string text) => Lines(text).Replace('\n', '\u240A').Replace('\t', '\u2409');

    /// <summary>
    /// Makes JSON harmless without changing what it says: marks that reorder text become escapes. Control characters
    /// in it are escaped already.
    /// </summary>
    public static string Json(string json)
    {
        var shown = new StringBuilder(json.Length);
        foreach (var c in json)
        {
            _ =
                c > '\u007F' && s_unsafe.Contains(c)
                    ? shown.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture))
                    : shown.Append(c);
        }

        return shown.ToString();
    }

    private static char Show(char c) =>
        c switch
        {
            < ' ' => (char)(ControlPictures + c),
            '\u007F' => DeletePicture,
            _ => Replacement,
        };
}
