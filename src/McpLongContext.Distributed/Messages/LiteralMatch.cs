namespace McpLongContext.Distributed.Messages;

/// <summary>A passage that contains a literal.</summary>
/// <param name="Passage">The passage.</param>
/// <param name="SameCase">Whether the capitals are those that were asked for.</param>
/// <param name="Count">The number of occurrences.</param>
/// <param name="Kind">The kind of the document.</param>
[GenerateSerializer, Immutable]
internal readonly record struct LiteralMatch(long Passage, bool SameCase, int Count, int Kind);
