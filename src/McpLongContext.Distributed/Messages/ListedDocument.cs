namespace McpLongContext.Distributed.Messages;

/// <summary>A document in the list of a shard.</summary>
/// <param name="Document">The document.</param>
/// <param name="IsCurrent">Whether this program found its symbols.</param>
[GenerateSerializer, Immutable]
internal sealed record ListedDocument(ShardDocument Document, bool IsCurrent);
