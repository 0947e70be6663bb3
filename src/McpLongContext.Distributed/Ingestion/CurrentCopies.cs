using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Ingestion;

/// <summary>Reaches the copies of a shard.</summary>
internal static class CurrentCopies
{
    /// <summary>Asks the first current copy that answers.</summary>
    /// <exception cref="ShardUnavailableException">None does.</exception>
    public static async Task<T> AnyAsync<T>(
        IGrainFactory grains,
        DatastoreLayout layout,
        int shard,
        Func<IShardGrain, Task<T>> ask
    )
    {
        var reasons = new List<string>();
        foreach (var copy in layout.Shards[shard].Where(copy => copy.State == CopyState.Current))
        {
            try
            {
                return await ask(grains.GetGrain<IShardGrain>(new ShardKey(copy.Silo, layout.Name, shard).ToString()));
            }
#pragma warning disable CA1031 // Whatever is wrong with a copy, another one may answer.
            catch (Exception error)
#pragma warning restore CA1031
            {
                reasons.Add($"silo '{copy.Silo}': {error.Message}");
            }
        }

        throw new ShardUnavailableException(
            $"shard {shard} of datastore '{layout.Name}' does not answer ({string.Join("; ", reasons)})"
        );
    }
}
