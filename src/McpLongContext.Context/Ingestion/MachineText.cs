using System.Buffers;
using System.Collections.Frozen;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// Finds code that a minifier wrote, and files of nothing but numbers or encoded data. A few long lines make neither:
/// records, notebooks, pages and tables have them, and so has code with an embedded picture.
/// </summary>
internal static class MachineText
{
    /// <summary>Below this, reading costs nothing.</summary>
    private const int MinCharacters = 1_600;

    private const int LongLine = 500;

    /// <summary>Somebody wrote a file of code that has as many lines of ordinary length.</summary>
    private const int WrittenCodeLines = 10;

    private const int WrittenDataLines = 3;
    private const int OpaqueRun = 40;

    private static readonly FrozenSet<string> s_minifiedLanguages = Words(
        ".js .mjs .cjs .jsx .ts .css .html .htm .xhtml"
    );

    /// <summary>A record a line, cells, or a table: lines are long because their texts are.</summary>
    private static readonly FrozenSet<string> s_records = Words(".jsonl .ndjson .csv .tsv .psv .ipynb");

    private static readonly SearchValues<char> s_encoded = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\\"
    );

    private static readonly SearchValues<char> s_numbers = SearchValues.Create("0123456789,.-+[]() \t:{}\"'");

    /// <summary>Why a text is skipped; null when it is not.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="kind">The kind of the document.</param>
    /// <param name="path">The document's path.</param>
    public static string? Judge(string text, DocumentKind kind, string path)
    {
        var extension = Path.GetExtension(path);
        if (
            text.Length < MinCharacters
            || !HasLongLine(text)
            || kind is not (DocumentKind.Code or DocumentKind.Data)
            || s_records.Contains(extension)
        )
        {
            return null;
        }

        int written = 0,
            dense = 0,
            opaque = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range).Trim();
            if (line.Length < LongLine)
            {
                written += line.IsEmpty || IsComment(line) ? 0 : 1;
            }
            else if (IsOpaque(line))
            {
                opaque += line.Length;
            }
            else if (IsDense(line))
            {
                dense += line.Length;
            }
        }

        if (kind == DocumentKind.Code && s_minifiedLanguages.Contains(extension))
        {
            return written < WrittenCodeLines && dense * 2 > text.Length ? "minified code"
                : written == 0 && opaque * 10 > text.Length * 9 ? "machine-written data"
                : null;
        }

        var enough = kind == DocumentKind.Code ? 1 : WrittenDataLines;
        return written < enough && opaque * 10 > text.Length * 9 ? "machine-written data" : null;
    }

    /// <summary>
    /// Whether there is a line of <see cref="LongLine"/> characters, with the white space around it.
    /// </summary>
    private static bool HasLongLine(ReadOnlySpan<char> text)
    {
        while (text.Length >= LongLine)
        {
            var lineBreak = text[..LongLine].LastIndexOf('\n');
            if (lineBreak < 0)
            {
                return true;
            }

            text = text[(lineBreak + 1)..];
        }

        return false;
    }

    private static bool IsComment(ReadOnlySpan<char> line) =>
        line[0] is '#' or '*' or ';' || line.StartsWith("//") || line.StartsWith("/*") || line.StartsWith("--");

    /// <summary>Statements without the white space that people put between them.</summary>
    private static bool IsDense(ReadOnlySpan<char> line)
    {
        int spaces = 0,
            statements = 0,
            foreign = 0;
        foreach (var c in line)
        {
            spaces += char.IsWhiteSpace(c) ? 1 : 0;
            statements += c is '(' or ';' ? 1 : 0;
            foreign += c > '\x7F' ? 1 : 0;
        }

        return spaces * 10 < line.Length && statements * 50 > line.Length && foreign * 5 < line.Length;
    }

    /// <summary>Numbers, or long runs of the alphabets of base64 and hexadecimal, for more than two thirds.</summary>
    private static bool IsOpaque(ReadOnlySpan<char> line)
    {
        int numbers = 0,
            encoded = 0;
        foreach (var c in line)
        {
            numbers += s_numbers.Contains(c) ? 1 : 0;
        }

        for (var rest = line; !rest.IsEmpty; )
        {
            var run = rest.IndexOfAnyExcept(s_encoded);
            run = run < 0 ? rest.Length : run;
            encoded += run >= OpaqueRun ? run : 0;
            rest = rest[Math.Min(run + 1, rest.Length)..];
        }

        return Math.Max(numbers, encoded) * 3 > line.Length * 2;
    }

    private static FrozenSet<string> Words(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
