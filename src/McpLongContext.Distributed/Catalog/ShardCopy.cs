namespace McpLongContext.Distributed.Catalog;

/// <summary>A copy of a shard.</summary>
/// <param name="Silo">The name of the silo that holds it.</param>
/// <param name="State">How it relates to the others.</param>
[GenerateSerializer, Immutable]
internal readonly record struct ShardCopy(string Silo, CopyState State);
