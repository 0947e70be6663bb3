namespace McpLongContext.Distributed.Messages;

/// <summary>The outcome of a change of a shard.</summary>
/// <param name="Added">Documents under a new path.</param>
/// <param name="Updated">Documents whose content changed.</param>
/// <param name="Unchanged">Documents that had the same content already.</param>
/// <param name="Removed">Documents removed.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardChangeResult(int Added, int Updated, int Unchanged, int Removed);
