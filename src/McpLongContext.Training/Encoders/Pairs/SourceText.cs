using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>A document that pairs are taken from.</summary>
/// <param name="Path">The path that citations name.</param>
/// <param name="Kind">The kind of the document.</param>
/// <param name="Passages">The passages, as ingestion cuts them.</param>
internal sealed record SourceText(string Path, DocumentKind Kind, IReadOnlyList<SplitPassage> Passages)
{
    /// <summary>Passages of a text without code that make a place of their own.</summary>
    private const int PassagesOfPlace = 16;

    /// <summary>
    /// The place of a passage: a file of code, or a part of a text. The end of the path names it, which is the same however
    /// the file was come by.
    /// </summary>
    /// <param name="ordinal">The passage, counted from 0.</param>
    public string PlaceOf(int ordinal)
    {
        var end = string.Join('/', Path.Split('/').TakeLast(2));
        return Kind == DocumentKind.Code ? end : $"{end}#{ordinal / PassagesOfPlace}";
    }

    /// <summary>Cuts a document into passages.</summary>
    public static SourceText Of(string path, DocumentKind kind, string text) =>
        new(path, kind, PassageSplitter.Split(text, kind, path));
}
