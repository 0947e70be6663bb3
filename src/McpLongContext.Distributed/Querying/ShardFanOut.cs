using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Querying;

/// <summary>One question to one copy of each shard, step by step, each step of all shards at once.</summary>
/// <param name="grains">Finds the copies.</param>
/// <param name="datastore">The datastore.</param>
/// <param name="copies">The copies that are asked.</param>
/// <param name="deadline">How long a step of a shard may take.</param>
/// <param name="cancellation">Ends the question.</param>
internal sealed class ShardFanOut(
    IGrainFactory grains,
    string datastore,
    IReadOnlyList<ShardAddress> copies,
    TimeSpan deadline,
    CancellationToken cancellation
) : IAsyncDisposable
{
    private readonly Guid _query = Guid.NewGuid();
    private readonly IShardGrain[] _grains =
    [
        .. copies.Select(copy =>
            grains.GetGrain<IShardGrain>(new ShardKey(copy.Silo, datastore, copy.Shard, copy.Identity).ToString())
        ),
    ];

    /// <summary>The number of shards that are asked.</summary>
    public int Count => copies.Count;

    /// <summary>A step of all shards.</summary>
    /// <returns>Their answers, in the order of the shards.</returns>
    /// <exception cref="ShardFailedException">A copy failed, or took too long.</exception>
    public Task<T[]> AllAsync<T>(Func<IShardGrain, Guid, CancellationToken, Task<T>> step) =>
        Task.WhenAll(Enumerable.Range(0, Count).Select(index => OneAsync(index, step)));

    /// <summary>A step of one shard.</summary>
    /// <param name="index">The place of the shard in the order of the shards.</param>
    /// <param name="step">The step.</param>
    /// <exception cref="ShardFailedException">The copy failed, or took too long.</exception>
    public async Task<T> OneAsync<T>(int index, Func<IShardGrain, Guid, CancellationToken, Task<T>> step)
    {
        try
        {
            return await step(_grains[index], _query, cancellation).WaitAsync(deadline, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            throw new ShardFailedException(copies[index], error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() =>
        // One whose silo has died has nothing to end.
        await Task.WhenAll(_grains.Select(grain => grain.EndAsync(_query)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
