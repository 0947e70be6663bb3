namespace McpLongContext.Distributed.Querying;

/// <summary>No copy of a shard answered a question in time.</summary>
internal sealed class ShardFailedException(int shard, string reasons)
    : Exception($"no copy of shard {shard} answers ({reasons})");
