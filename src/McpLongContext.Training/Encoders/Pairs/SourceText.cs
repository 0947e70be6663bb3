using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>A document that pairs are taken from.</summary>
/// <param name="Path">The path that citations name.</param>
/// <param name="Kind">The kind of the document.</param>
/// <param name="Passages">The passages, as ingestion cuts them.</param>
internal sealed record SourceText(string Path, DocumentKind Kind, IReadOnlyList<SplitPassage> Passages)
{
    /// <summary>Cuts a document into passages.</summary>
    public static SourceText Of(string path, DocumentKind kind, string text) =>
        new(path, kind, PassageSplitter.Split(text, kind, path));
}
