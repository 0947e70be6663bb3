using System.Buffers;

namespace McpLongContext.Dashboard.Text;

/// <summary>
/// Text of documents for a page: control characters and marks that reorder text are shown instead of obeyed, so that
/// nothing is read in another order than it stands in.
/// </summary>
public static class VisibleText
{
    private static readonly SearchValues<char> s_unsafe = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Where(code => code is not ('\t' or '\n' or '\r')).Select(code => (char)code),
        .. Enumerable.Range(0x7F, 0x21).Select(code => (char)code),
        .. "\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069",
    ]);

    /// <summary>A text of several lines; each hidden character becomes one visible character.</summary>
    public static string Lines(string text) =>
        text.AsSpan().ContainsAny(s_unsafe)
            ? string.Create(
                text.Length,
                text,
                static (shown, text) =>
                {
                    for (var i = 0; i < text.Length; i++)
                    {
                        shown[i] =
                            !s_unsafe.Contains(text[i]) ? text[i]
                            : text[i] < ' ' ? (char)('\u2400' + text[i])
                            : '\uFFFD';
                    }
                }
            )
            : text;
}
