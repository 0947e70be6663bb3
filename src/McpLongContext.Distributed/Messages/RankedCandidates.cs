namespace McpLongContext.Distributed.Messages;

/// <summary>Passages that may contain a literal, best first.</summary>
/// <param name="Passages">The passages.</param>
/// <param name="Scores">The scores by BM25 over the text.</param>
[GenerateSerializer, Immutable]
internal sealed record RankedCandidates(long[] Passages, double[] Scores);
