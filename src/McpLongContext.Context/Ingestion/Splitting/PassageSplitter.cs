using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits a document into small passages along its structure: one turn, verse or paragraph of text, one method or about
/// twenty lines of code. Linear in the length of the text, whatever it holds.
/// </summary>
internal static class PassageSplitter
{
    /// <summary>
    /// Part of the key that says whether stored passages are current: raised whenever results change.
    /// </summary>
    public const int Version = 3;

    /// <summary>Splits a text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="kind">The kind of the document.</param>
    /// <param name="path">The document's path; the extension tells the language of code.</param>
    /// <returns>Passages in document order that tile the text; none for an empty text.</returns>
    public static IReadOnlyList<SplitPassage> Split(string text, DocumentKind kind, string path)
    {
        var lines = LineIndex.Of(text);
        var passages = new PassageBuilder(lines);
        switch (kind)
        {
            case DocumentKind.Code:
                CodeSplitter.Split(lines, path, passages);
                break;
            case DocumentKind.Markdown:
                MarkdownSplitter.Split(lines, RawBlocks.Of(path), passages);
                break;
            case DocumentKind.Transcript:
                TranscriptSplitter.Split(lines, passages);
                break;
            case DocumentKind.Data:
                DataSplitter.Split(lines, path, passages);
                break;
            default:
                ProseSplitter.Split(lines, passages);
                break;
        }

        return passages.Build();
    }
}
