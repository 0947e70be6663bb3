using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Catalog;

/// <summary>Makes the shards of new datastores, on the silos that hold the fewest.</summary>
internal sealed class NewLayouts(ICatalog catalog, LiveSilos silos, IGrainFactory grains, ILogger<NewLayouts> logger)
{
    /// <summary>The layout of a new datastore over the silos that are alive; the copies are made.</summary>
    /// <exception cref="ShardUnavailableException">No silo makes a shard.</exception>
    public async Task<DatastoreLayout> MakeAsync(string name, int shards)
    {
        var loads = new SiloLoads(silos.Names, await catalog.ListLayoutsAsync(CancellationToken.None));
        var chosen = new List<string[]>();
        for (var shard = 0; shard < shards; shard++)
        {
            string[] holders = [.. loads.ByLoad(shard).Take(RepairPlan.Copies)];
            Array.ForEach(holders, loads.Add);
            chosen.Add(holders);
        }

        var copies = await Task.WhenAll(
            chosen.Select(
                (holders, shard) => Task.WhenAll(holders.Select(silo => MakeCopyAsync(new ShardKey(silo, name, shard))))
            )
        );
        return Array.TrueForAll(copies, shard => Array.Exists(shard, copy => copy.State == CopyState.Current))
            ? new DatastoreLayout(name, 1, copies, NextPassage: 1)
            : throw new ShardUnavailableException($"the shards of datastore '{name}' cannot be made; ask again");
    }

    /// <summary>A copy of a new shard; one whose silo does not answer gets the shard later.</summary>
    private async Task<ShardCopy> MakeCopyAsync(ShardKey key)
    {
        try
        {
            var identity = await grains.GetGrain<IShardGrain>(key.ToString()).IdentifyAsync(creates: true);
            return new ShardCopy(key.Silo, CopyState.Current, identity);
        }
#pragma warning disable CA1031 // Whatever is wrong with a silo, another one may make the shard.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.LogWarning("Silo {Silo} makes no shard {Shard}: {Reason}", key.Silo, key.StoreName, error.Message);
            return new ShardCopy(key.Silo, CopyState.Stale, 0);
        }
    }
}
