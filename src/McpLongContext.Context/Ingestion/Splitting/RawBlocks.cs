using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Blocks of a marked-up text in which marks mean nothing: comments, raw HTML (CommonMark, HTML blocks 1 to 3 and 5),
/// and in AsciiDoc comments, listings, literal blocks and passthroughs.
/// </summary>
/// <param name="isAsciiDoc">Whether the text is AsciiDoc.</param>
internal sealed class RawBlocks(bool isAsciiDoc)
{
    /// <summary>More spaces in front of a line make it code.</summary>
    private const int MaxIndentation = 3;

    private static readonly (string Open, string Close)[] s_blocks =
    [
        ("<!--", "-->"),
        ("<![CDATA[", "]]>"),
        ("<?", "?>"),
        ("{/*", "*/}"),
    ];

    private static readonly string[] s_rawElements = ["script", "pre", "style", "textarea"];

    /// <summary>The blocks of a document.</summary>
    /// <param name="path">The document's path; the extension tells the markup.</param>
    public static RawBlocks Of(string path) =>
        new(Path.GetExtension(path).ToUpperInvariant() is ".ADOC" or ".ASCIIDOC" or ".ASC");

    /// <summary>The line after the block that a line begins; 0 for any other line.</summary>
    /// <remarks>A block without an end goes to the end of the text.</remarks>
    public int EndOf(LineIndex lines, int first)
    {
        if (!Begins(lines[first]))
        {
            return 0;
        }

        var text = lines[first].TrimStart(' ');
        if (isAsciiDoc && IsDelimiter(text))
        {
            return End(lines, first + 1, text.TrimEnd().ToString(), isWhole: true);
        }

        foreach (var (open, close) in s_blocks)
        {
            if (text.StartsWith(open))
            {
                return text[open.Length..].Contains(close, StringComparison.Ordinal)
                    ? first + 1
                    : End(lines, first + 1, close, isWhole: false);
            }
        }

        var closing = $"</{RawElement(text)}>";
        return text.Contains(closing, StringComparison.OrdinalIgnoreCase)
            ? first + 1
            : End(lines, first + 1, closing, isWhole: false);
    }

    /// <summary>Whether a line begins a block.</summary>
    public bool Begins(ReadOnlySpan<char> line)
    {
        var text = line.TrimStart(' ');
        if (line.Length - text.Length > MaxIndentation)
        {
            return false;
        }

        foreach (var (open, _) in s_blocks)
        {
            if (text.StartsWith(open))
            {
                return true;
            }
        }

        return RawElement(text) is not null || (isAsciiDoc && IsDelimiter(text));
    }

    private static int End(LineIndex lines, int line, string close, bool isWhole)
    {
        while (line < lines.Count)
        {
            var text = lines[line++];
            if (
                isWhole ? text.TrimEnd().SequenceEqual(close) : text.Contains(close, StringComparison.OrdinalIgnoreCase)
            )
            {
                return line;
            }
        }

        return lines.Count;
    }

    private static string? RawElement(ReadOnlySpan<char> text)
    {
        if (text is not ['<', ..])
        {
            return null;
        }

        foreach (var name in s_rawElements)
        {
            var rest = text[1..];
            if (
                rest.StartsWith(name, StringComparison.OrdinalIgnoreCase)
                && (rest.Length == name.Length || rest[name.Length] is ' ' or '\t' or '>')
            )
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Four or more slashes, dashes, dots or pluses.</summary>
    private static bool IsDelimiter(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd();
        return text.Length >= 4 && text[0] is '/' or '-' or '.' or '+' && text.IndexOfAnyExcept(text[0]) < 0;
    }
}
