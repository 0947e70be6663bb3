namespace McpLongContext.Distributed.Messages;

/// <summary>Other forms of terms, counted in a shard.</summary>
/// <param name="Hashes">The hashes that each term stands for, with their passages, <c>[terms][hashes]</c>.</param>
/// <param name="Counts">The passages that match each expression, <c>[expressions]</c>.</param>
[GenerateSerializer, Immutable]
internal sealed record TermForms(KeyValuePair<string, long>[][] Hashes, long[] Counts);
