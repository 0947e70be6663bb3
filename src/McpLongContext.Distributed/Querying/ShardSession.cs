using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Querying;

/// <summary>A question to one copy of a shard.</summary>
/// <param name="address">The copy.</param>
/// <param name="grain">The grain of the copy.</param>
internal sealed class ShardSession(ShardAddress address, IShardGrain grain)
{
    private ShardStatistics? _statistics;
    private ShardHits? _hits;

    /// <summary>The copy.</summary>
    public ShardAddress Address { get; } = address;

    /// <summary>The grain of the copy.</summary>
    public IShardGrain Grain { get; } = grain;

    /// <summary>The question.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>The counts of the copy; it is asked where it was not before.</summary>
    public async Task<ShardStatistics> BeginAsync(ShardRequest request, CancellationToken cancellation) =>
        _statistics ??= await Grain.BeginAsync(Id, request, cancellation);

    /// <summary>The finds of the copy; it is asked where it was not before.</summary>
    public async Task<ShardHits> SearchAsync(ShardSearch search, CancellationToken cancellation) =>
        _hits ??= await Grain.SearchAsync(Id, search, cancellation);

    /// <summary>Ends the question; whether a dead silo hears of it does not matter.</summary>
    public void End() => Grain.EndAsync(Id).Ignore();
}
