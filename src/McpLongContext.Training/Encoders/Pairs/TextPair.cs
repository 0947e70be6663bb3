namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>A question and the passage that answers it, both as the encoder reads them.</summary>
/// <param name="Kind">The kind of pair, as <c>--pairs</c> names it.</param>
/// <param name="Question">The question.</param>
/// <param name="Header">The words of path and enclosing declarations in front of the passage; empty for text.</param>
/// <param name="Passage">The passage.</param>
/// <param name="Place">
/// Where they stand: pairs of one place may share text, and are all learned from or all held out.
/// </param>
internal sealed record TextPair(string Kind, string Question, string Header, string Passage, string Place);
