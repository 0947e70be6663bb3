namespace McpLongContext.Storage.Passages;

/// <summary>A stored passage: what a citation points to.</summary>
/// <param name="Id">Identifies it; the passages of a document have contiguous ids in document order.</param>
/// <param name="DocumentId">The document that it belongs to; of those that share it, any.</param>
/// <param name="StartLine">The first line that a citation names, 1-based.</param>
/// <param name="EndLine">The last line that a citation names, inclusive.</param>
/// <param name="Text">The text; the texts of a document's passages, one after the other, are the document's.</param>
/// <param name="Context">The enclosing structure (heading, enclosing declaration, session).</param>
public sealed record Passage(long Id, long DocumentId, int StartLine, int EndLine, string Text, string Context);

/// <summary>A passage and how well it matches; higher is better.</summary>
/// <param name="Passage">The passage's id.</param>
/// <param name="Score">Comparable within one answer only.</param>
public readonly record struct ScoredPassage(long Passage, float Score);
