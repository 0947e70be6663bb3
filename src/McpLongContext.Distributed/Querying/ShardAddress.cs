using McpLongContext.Distributed.Placement;

namespace McpLongContext.Distributed.Querying;

/// <summary>The copy of a shard that is asked.</summary>
/// <param name="Shard">The number of the shard.</param>
/// <param name="Silo">The silo of the copy.</param>
/// <param name="Identity">The identity of the copy's own datastore.</param>
internal readonly record struct ShardAddress(int Shard, string Silo, long Identity)
{
    /// <summary>The key of the copy's grain.</summary>
    public ShardKey KeyIn(string datastore) => new(Silo, datastore, Shard, Identity);
}
