using McpLongContext.Distributed.Messages;

namespace McpLongContext.Distributed.Querying;

/// <summary>One question to all shards, step by step, each step of all shards at once.</summary>
/// <param name="shards">The shards.</param>
internal sealed class ShardFanOut(IReadOnlyList<ShardConversation> shards) : IDisposable
{
    /// <summary>The number of shards that are asked.</summary>
    public int Count => shards.Count;

    /// <summary>The copies that failed, and why.</summary>
    public IEnumerable<KeyValuePair<ShardAddress, string>> Failures => shards.SelectMany(shard => shard.Failures);

    /// <summary>Begins the question.</summary>
    /// <returns>The counts of the shards, in their order.</returns>
    /// <exception cref="ShardFailedException">No copy of a shard answers.</exception>
    public Task<ShardStatistics[]> BeginAsync(ShardRequest request) =>
        Task.WhenAll(shards.Select(shard => shard.BeginAsync(request)));

    /// <summary>Searches by the statistics of the collection.</summary>
    /// <inheritdoc cref="AllAsync"/>
    public Task<ShardHits[]> SearchAsync(ShardSearch search) =>
        Task.WhenAll(shards.Select(shard => shard.SearchAsync(search)));

    /// <summary>A step of all shards.</summary>
    /// <returns>Their answers, in the order of the shards.</returns>
    /// <exception cref="ShardFailedException">No copy of a shard answers.</exception>
    public Task<T[]> AllAsync<T>(string name, Func<ShardSession, CancellationToken, Task<T>> step) =>
        Task.WhenAll(shards.Select(shard => shard.AskAsync(name, step)));

    /// <summary>A step of one shard.</summary>
    /// <param name="index">The place of the shard in the order of the shards.</param>
    /// <param name="name">The name of the step.</param>
    /// <param name="step">The step.</param>
    /// <exception cref="ShardFailedException">No copy of the shard answers.</exception>
    public Task<T> OneAsync<T>(int index, string name, Func<ShardSession, CancellationToken, Task<T>> step) =>
        shards[index].AskAsync(name, step);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in shards)
        {
            shard.Dispose();
        }
    }
}
