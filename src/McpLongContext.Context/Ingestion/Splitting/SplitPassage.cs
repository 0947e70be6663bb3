using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>A unit of a document: what is scored, and what a citation can point to.</summary>
/// <param name="Text">
/// The passage's part of the text; all passages of a document, one after the other, are the whole text.
/// </param>
/// <param name="StartLine">First line that is not blank, 1-based.</param>
/// <param name="EndLine">Last line that is not blank, inclusive.</param>
/// <param name="Context">The enclosing declarations, headings or session, outermost first; may be empty.</param>
internal sealed record SplitPassage(string Text, int StartLine, int EndLine, string Context)
{
    /// <summary>The definitions that begin in it, in the order of their lines.</summary>
    public IReadOnlyList<NewSymbol> Symbols { get; init; } = [];
}
