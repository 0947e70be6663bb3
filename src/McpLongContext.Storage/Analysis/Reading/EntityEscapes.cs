using System.Net;

namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Entities of HTML and XML: <c>&amp;uuml;</c>, <c>&amp;#252;</c>, <c>&amp;#xFC;</c>; also escaped twice.
/// </summary>
internal static class EntityEscapes
{
    private const int LongestName = 32;

    public static int Read(ReadOnlySpan<char> text, int at, EscapeOutput output)
    {
        var start = at + 1;
        while (text[Math.Min(start, text.Length)..].StartsWith("amp;"))
        {
            start += 4;
        }

        var rest = text.Slice(start, Math.Min(LongestName, text.Length - start));
        var length = rest.IndexOf(';');
        if (length > 0 && WebUtility.HtmlDecode($"&{rest[..length]};") is [not '&', ..] decoded)
        {
            foreach (var c in decoded)
            {
                // A blank of any kind is a space, so that what compares literally sees one.
                output.Text.Add(char.IsWhiteSpace(c) ? ' ' : c);
            }

            return start + length + 1 - at;
        }

        if (start == at + 1)
        {
            return 0;
        }

        output.Text.Add('&');
        return start - at;
    }
}
