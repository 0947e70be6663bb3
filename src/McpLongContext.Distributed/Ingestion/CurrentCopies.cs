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
        var (answers, reasons) = await AskAsync(grains, layout, shard, ask, most: 1);
        return answers.Count > 0 ? answers[0] : throw Silent(layout, shard, reasons);
    }

    /// <summary>Asks all current copies.</summary>
    /// <returns>The answers of those that answer, one at least.</returns>
    /// <exception cref="ShardUnavailableException">None does.</exception>
    public static async Task<List<T>> AllAsync<T>(
        IGrainFactory grains,
        DatastoreLayout layout,
        int shard,
        Func<IShardGrain, Task<T>> ask
    )
    {
        var (answers, reasons) = await AskAsync(grains, layout, shard, ask, most: int.MaxValue);
        return answers.Count > 0 ? answers : throw Silent(layout, shard, reasons);
    }

    private static async Task<(List<T> Answers, List<string> Reasons)> AskAsync<T>(
        IGrainFactory grains,
        DatastoreLayout layout,
        int shard,
        Func<IShardGrain, Task<T>> ask,
        int most
    )
    {
        var (answers, reasons) = (new List<T>(), new List<string>());
        foreach (var copy in layout.Shards[shard].Where(copy => copy.State == CopyState.Current))
        {
            if (answers.Count == most)
            {
                break;
            }

            try
            {
                var key = new ShardKey(copy.Silo, layout.Name, shard).ToString();
                answers.Add(await ask(grains.GetGrain<IShardGrain>(key)));
            }
#pragma warning disable CA1031 // Whatever is wrong with a copy, another one may answer.
            catch (Exception error)
#pragma warning restore CA1031
            {
                reasons.Add($"silo '{copy.Silo}': {error.Message}");
            }
        }

        return (answers, reasons);
    }

    private static ShardUnavailableException Silent(DatastoreLayout layout, int shard, List<string> reasons) =>
        new($"shard {shard} of datastore '{layout.Name}' does not answer ({string.Join("; ", reasons)})");
}
