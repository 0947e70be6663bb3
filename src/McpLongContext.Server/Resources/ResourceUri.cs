using System.Globalization;
using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Resources;

/// <summary>
/// The address of a document or of some of its lines: <c>longcontext://{datastore}/{document}?lines=10-20</c>, or of a
/// part of one long line: <c>?lines=1&amp;columns=5021-5483</c>. Every part of the document's path is percent-encoded,
/// the slashes between them are not. The lines stand in the query and not in a fragment, because clients drop fragments
/// before they send an address.
/// </summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Document">The document's path as citations show it.</param>
/// <param name="StartLine">First line, 1-based; <see langword="null"/> for the whole document.</param>
/// <param name="EndLine">Last line, inclusive.</param>
/// <param name="Columns">First and last column of the line, inclusive.</param>
internal sealed partial record ResourceUri(
    string Datastore,
    string Document,
    int? StartLine = null,
    int? EndLine = null,
    (int Start, int End)? Columns = null
)
{
    public const string Template = Scheme + "{datastore}/{+document}{?lines,columns}";

    private const string Scheme = "longcontext://";
    private const string LinesKey = "lines=";
    private const string ColumnsKey = "columns=";

    /// <summary>Reads an address.</summary>
    /// <exception cref="ContextException">The address is not one of ours.</exception>
    public static ResourceUri Parse(string uri)
    {
        var slash = uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? uri.IndexOf('/', Scheme.Length) : -1;
        if (slash <= Scheme.Length || slash == uri.Length - 1)
        {
            throw Malformed(uri);
        }

        var query = uri.IndexOf('?', slash);
        var path = query < 0 ? uri[(slash + 1)..] : uri[(slash + 1)..query];
        var (lines, columns) = query < 0 ? (null, null) : ParseQuery(uri, uri[(query + 1)..]);
        return new ResourceUri(
            Uri.UnescapeDataString(uri[Scheme.Length..slash]),
            Uri.UnescapeDataString(path),
            lines?.Start,
            lines?.End,
            columns
        );
    }

    /// <summary>
    /// The address that a citation makes where a document's path stands: <c>path:10-20</c>, <c>path:1:5021-5483</c>;
    /// <see langword="null"/> for any other path.
    /// </summary>
    public ResourceUri? OfCitation()
    {
        if (StartLine is not null || Citation().Match(Document) is not { Success: true } match)
        {
            return null;
        }

        var numbers = match.Groups["number"].Captures.Select(capture => Number(capture.Value)).ToList();
        return numbers.Contains(null) ? null
            : match.Groups["columns"].Success
                ? this with
                {
                    Document = match.Groups["path"].Value,
                    StartLine = numbers[0],
                    EndLine = numbers[0],
                    Columns = (numbers[1]!.Value, numbers[^1]!.Value),
                }
            : this with { Document = match.Groups["path"].Value, StartLine = numbers[0], EndLine = numbers[^1] };
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var path = string.Join('/', Document.Split('/').Select(Uri.EscapeDataString));
        var lines = StartLine is { } start ? $"?{LinesKey}{start}-{EndLine}" : "";
        var columns = Columns is { } part ? $"&{ColumnsKey}{part.Start}-{part.End}" : "";
        return $"{Scheme}{Uri.EscapeDataString(Datastore)}/{path}{lines}{columns}";
    }

    private static ((int Start, int End)? Lines, (int Start, int End)? Columns) ParseQuery(string uri, string query)
    {
        (int, int)? lines = null;
        (int, int)? columns = null;
        foreach (var part in query.Split('&'))
        {
            if (part.StartsWith(LinesKey, StringComparison.Ordinal))
            {
                lines = ParseRange("lines", part[LinesKey.Length..]);
            }
            else if (part.StartsWith(ColumnsKey, StringComparison.Ordinal))
            {
                columns = ParseRange("columns", part[ColumnsKey.Length..]);
            }
            else
            {
                throw Malformed(uri);
            }
        }

        return columns is not null && lines is null
            ? throw new ContextException("uri: columns go with a line; give for example ?lines=1&columns=5021-5483.")
            : (lines, columns);
    }

    private static (int Start, int End) ParseRange(string name, string text)
    {
        var range = text.Split('-');
        return
            range.Length <= 2
            && Number(range[0]) is { } start
            && Number(range[^1]) is { } end
            && start >= 1
            && end >= start
            ? (start, end)
            : throw new ContextException(
                $"uri: {name} '{text}' is not a range; give 1-based inclusive {name}, for example ?{name}=10-20."
            );
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(
        @"^(?<path>.+?):(?<number>\d{1,9})(?:-(?<number>\d{1,9})|(?<columns>:(?<number>\d{1,9})(?:-(?<number>\d{1,9}))?))?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Citation();

    private static ContextException Malformed(string uri) =>
        new(
            $"uri: '{uri}' is not an address of a document; expected {Template}, for example "
                + "longcontext://default/src/Program.cs?lines=10-20."
        );
}
