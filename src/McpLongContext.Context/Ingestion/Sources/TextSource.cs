using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>A text that came with the request instead of from a file.</summary>
internal static class TextSource
{
    private const int MaxNameLength = 500;

    /// <summary>The name and the text of a request.</summary>
    /// <exception cref="ContextException">One of them is missing, or is not usable.</exception>
    public static (string Name, string Text) Require(IngestRequest request)
    {
        if (request.Paths.Count > 0)
        {
            throw new ContextException("text: goes without path; give one of the two.");
        }

        if (string.IsNullOrWhiteSpace(request.Name))
        {
            throw new ContextException("name: missing; a text needs a name to be cited by, such as notes/meeting.md.");
        }

        var name = request.Name.Trim();
        if (name.Length > MaxNameLength || !Printable.IsPrintable(name))
        {
            throw new ContextException(
                $"name: '{Printable.Path(name[..Math.Min(80, name.Length)])}' is no document name; use at most "
                    + $"{MaxNameLength} printable characters."
            );
        }

        if (Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
        {
            throw new ContextException(
                $"name: '{name}' looks like a file elsewhere; use a relative name without '..'."
            );
        }

        if (string.IsNullOrWhiteSpace(request.Text))
        {
            throw new ContextException("text: empty; there is nothing to ingest.");
        }

        return System.Text.Encoding.UTF8.GetByteCount(request.Text) is var bytes && bytes > DocumentReader.MaxFileBytes
            ? throw new ContextException($"text: {DocumentReader.TooLarge(bytes)}.")
            : (name, request.Text);
    }
}
