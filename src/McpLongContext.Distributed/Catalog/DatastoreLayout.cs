using McpLongContext.Distributed.Placement;

namespace McpLongContext.Distributed.Catalog;

/// <summary>Who holds the shards of a datastore.</summary>
/// <param name="Name">The datastore.</param>
/// <param name="Version">Counts the changes.</param>
/// <param name="Shards">The copies of each shard, <c>[shards][copies]</c>.</param>
/// <param name="NextPassage">No passage has this id or a higher one: lower ones are given, or may be.</param>
[GenerateSerializer, Immutable]
internal sealed record DatastoreLayout(string Name, long Version, ShardCopy[][] Shards, long NextPassage)
{
    /// <summary>The layout with other copies of a shard.</summary>
    public DatastoreLayout With(int shard, ShardCopy[] copies) =>
        this with
        {
            Version = Version + 1,
            Shards = [.. Shards.Select((before, index) => index == shard ? copies : before)],
        };

    /// <summary>The key of a copy of a shard.</summary>
    public ShardKey KeyOf(int shard, ShardCopy copy) => new(copy.Silo, Name, shard, copy.Identity);
}
