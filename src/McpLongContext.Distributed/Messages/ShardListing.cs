namespace McpLongContext.Distributed.Messages;

/// <summary>The documents of a shard.</summary>
/// <param name="Documents">The documents, by path.</param>
/// <param name="Sources">The sources that they were ingested from.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardListing(ListedDocument[] Documents, string[] Sources);
