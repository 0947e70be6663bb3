using System.Globalization;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Placement;

/// <summary>The key of a copy of a shard.</summary>
/// <param name="Silo">The name of the silo that holds it.</param>
/// <param name="Datastore">The datastore.</param>
/// <param name="Shard">The number of the shard, from 0.</param>
/// <param name="Identity">The identity of the copy's own datastore; 0: any.</param>
internal readonly record struct ShardKey(string Silo, string Datastore, int Shard, long Identity = 0)
{
    /// <summary>The longest name of a datastore: those of its shards have a suffix.</summary>
    public static readonly int MaxDatastoreName = DatastoreName.MaxLength - ".shard-255".Length;

    /// <summary>The name of the shard's own datastore on the silo.</summary>
    public string StoreName => $"{Datastore}.shard-{Shard}";

    /// <summary>Reads a key.</summary>
    public static ShardKey Parse(string key)
    {
        var parts = key.Split('/');
        return new ShardKey(
            parts[0],
            parts[1],
            int.Parse(parts[2], CultureInfo.InvariantCulture),
            long.Parse(parts[3], CultureInfo.InvariantCulture)
        );
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Silo}/{Datastore}/{Shard}/{Identity}";
}
