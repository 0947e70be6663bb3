using System.Globalization;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Resources;

/// <summary>
/// The address of a document or of some of its lines: <c>longcontext://{datastore}/{document}?lines=10-20</c>. Every
/// part of the document's path is percent-encoded, the slashes between them are not. The lines stand in the query and
/// not in a fragment, because clients drop fragments before they send an address.
/// </summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Document">The document's path as citations show it.</param>
/// <param name="StartLine">First line, 1-based; <see langword="null"/> for the whole document.</param>
/// <param name="EndLine">Last line, inclusive.</param>
internal sealed record ResourceUri(string Datastore, string Document, int? StartLine = null, int? EndLine = null)
{
    public const string Template = Scheme + "{datastore}/{+document}{?lines}";

    private const string Scheme = "longcontext://";
    private const string LinesKey = "lines=";

    /// <summary>Reads an address.</summary>
    /// <exception cref="ContextException">It is not one of ours.</exception>
    public static ResourceUri Parse(string uri)
    {
        var slash = uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? uri.IndexOf('/', Scheme.Length) : -1;
        if (slash <= Scheme.Length || slash == uri.Length - 1)
        {
            throw Malformed(uri);
        }

        var query = uri.IndexOf('?', slash);
        var path = query < 0 ? uri[(slash + 1)..] : uri[(slash + 1)..query];
        var (start, end) = query < 0 ? (null, null) : ParseLines(uri, uri[(query + 1)..]);
        return new ResourceUri(
            Uri.UnescapeDataString(uri[Scheme.Length..slash]),
            Uri.UnescapeDataString(path),
            start,
            end
        );
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var path = string.Join('/', Document.Split('/').Select(Uri.EscapeDataString));
        var lines = StartLine is { } start ? $"?{LinesKey}{start}-{EndLine}" : "";
        return $"{Scheme}{Uri.EscapeDataString(Datastore)}/{path}{lines}";
    }

    private static (int? Start, int? End) ParseLines(string uri, string query)
    {
        if (!query.StartsWith(LinesKey, StringComparison.Ordinal))
        {
            throw Malformed(uri);
        }

        var range = query[LinesKey.Length..].Split('-');
        if (
            range.Length <= 2
            && int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            && int.TryParse(range[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            && start >= 1
            && end >= start
        )
        {
            return (start, end);
        }

        throw new ContextException(
            $"uri: lines '{query[LinesKey.Length..]}' is not a range; give 1-based inclusive lines, for example ?lines=10-20."
        );
    }

    private static ContextException Malformed(string uri) =>
        new(
            $"uri: '{uri}' is not an address of a document; expected {Template}, for example "
                + "longcontext://default/src/Program.cs?lines=10-20."
        );
}
