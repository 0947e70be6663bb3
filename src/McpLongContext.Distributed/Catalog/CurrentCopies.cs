using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Catalog;

/// <summary>Reaches the copies of a shard that are current, on silos that are alive.</summary>
internal sealed class CurrentCopies(IGrainFactory grains, LiveSilos silos)
{
    /// <summary>The current copies of a shard whose silos are alive.</summary>
    public IReadOnlyList<ShardCopy> Of(DatastoreLayout layout, int shard)
    {
        var alive = silos.Names;
        return [.. layout.Shards[shard].Where(copy => copy.State == CopyState.Current && alive.Contains(copy.Silo))];
    }

    /// <summary>The grain of a copy.</summary>
    public IShardGrain GrainOf(DatastoreLayout layout, int shard, ShardCopy copy) =>
        grains.GetGrain<IShardGrain>(layout.KeyOf(shard, copy).ToString());

    /// <summary>The grain of the first current copy.</summary>
    /// <exception cref="ShardUnavailableException">No silo of one is alive.</exception>
    public IShardGrain Any(DatastoreLayout layout, int shard) =>
        Of(layout, shard) is [var copy, ..] ? GrainOf(layout, shard, copy) : throw Silent(layout, shard, []);

    /// <summary>Asks the first current copy that answers.</summary>
    /// <exception cref="ShardUnavailableException">None does.</exception>
    public async Task<T> AnyAsync<T>(DatastoreLayout layout, int shard, Func<IShardGrain, Task<T>> ask) =>
        (await AskAsync(layout, shard, ask, most: 1))[0];

    /// <summary>Asks all current copies.</summary>
    /// <returns>The answers of those that answer, one at least.</returns>
    /// <exception cref="ShardUnavailableException">None does.</exception>
    public Task<List<T>> AllAsync<T>(DatastoreLayout layout, int shard, Func<IShardGrain, Task<T>> ask) =>
        AskAsync(layout, shard, ask, most: int.MaxValue);

    private async Task<List<T>> AskAsync<T>(DatastoreLayout layout, int shard, Func<IShardGrain, Task<T>> ask, int most)
    {
        var (answers, reasons) = (new List<T>(), new List<string>());
        foreach (var copy in Of(layout, shard))
        {
            if (answers.Count == most)
            {
                break;
            }

            try
            {
                answers.Add(await ask(GrainOf(layout, shard, copy)));
            }
#pragma warning disable CA1031 // Whatever is wrong with a copy, another one may answer.
            catch (Exception error)
#pragma warning restore CA1031
            {
                reasons.Add($"silo '{copy.Silo}': {ClusterErrors.ReasonOf(error)}");
            }
        }

        return answers.Count > 0 ? answers : throw Silent(layout, shard, reasons);
    }

    private ShardUnavailableException Silent(DatastoreLayout layout, int shard, List<string> reasons)
    {
        var asked = Of(layout, shard);
        var dead = layout
            .Shards[shard]
            .Where(copy => copy.State == CopyState.Current && !asked.Contains(copy))
            .Select(copy => $"silo '{copy.Silo}' is not in the cluster: start it");
        return new ShardUnavailableException(
            $"shard {shard} of datastore '{layout.Name}' does not answer ({string.Join("; ", reasons.Concat(dead))})"
        );
    }
}
