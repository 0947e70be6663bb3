namespace McpLongContext.Distributed.Catalog;

/// <summary>A copy of a shard.</summary>
/// <param name="Silo">The name of the silo that holds it.</param>
/// <param name="State">How it relates to the others.</param>
/// <param name="Identity">
/// The identity of its datastore, by which a replaced disk is recognized; 0 before the copy begins to catch up.
/// </param>
[GenerateSerializer, Immutable]
internal readonly record struct ShardCopy(string Silo, CopyState State, long Identity);
