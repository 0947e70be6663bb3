using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Proof;

/// <summary>A question with the document that answers it.</summary>
/// <param name="Text">The question.</param>
/// <param name="Path">The end of the path of the document.</param>
public sealed record ProofQuery(string Text, string Path)
{
    /// <summary>The most questions of a measurement.</summary>
    public const int Most = 200;

    private const string Separator = "=>";

    /// <summary>Reads questions, a line each: <c>question =&gt; path</c>; blank lines are left out.</summary>
    /// <exception cref="ContextException">A line is none, or there are too many or none at all.</exception>
    public static IReadOnlyList<ProofQuery> Parse(string text)
    {
        List<ProofQuery> queries =
        [
            .. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(ParseLine),
        ];
        return queries.Count is > 0 and <= Most
            ? queries
            : throw new ContextException($"questions: {queries.Count} found; give 1 to {Most}, a line each.");
    }

    /// <summary>Whether a path is that of the document.</summary>
    public bool Matches(string path) =>
        path.Equals(Path, StringComparison.Ordinal)
        || path.EndsWith($"/{Path.TrimStart('/')}", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Text} {Separator} {Path}";

    private static ProofQuery ParseLine(string line)
    {
        var at = line.LastIndexOf(Separator, StringComparison.Ordinal);
        var query = at < 0 ? null : new ProofQuery(line[..at].Trim(), line[(at + Separator.Length)..].Trim());
        return query is { Text.Length: > 0, Path.Length: > 0 }
            ? query
            : throw new ContextException(
                $"questions: '{line}' found, expected QUESTION {Separator} PATH, for example: where are retries set? "
                    + $"{Separator} src/http.cs"
            );
    }
}
