using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>Some lines of a document.</summary>
/// <param name="Datastore">The datastore.</param>
/// <param name="Document">The lines.</param>
/// <param name="Line">The line that is asked for.</param>
public sealed record DocumentModel(string Datastore, DocumentText Document, int Line)
{
    /// <summary>Lines on a page.</summary>
    public const int PageLines = 1000;

    /// <summary>Characters of a page at most.</summary>
    public const int LargestText = 1_000_000;

    /// <summary>The first line of the page before; <see langword="null"/> on the first page.</summary>
    public int? Previous => Document.StartLine > 1 ? Math.Max(1, Document.StartLine - PageLines) : null;

    /// <summary>The first line of the next page; <see langword="null"/> on the last page.</summary>
    public int? Next => Document.EndLine < Document.Lines ? Document.EndLine + 1 : null;
}
