namespace McpLongContext.Distributed.Querying;

/// <summary>A copy of a shard did not answer a question in time.</summary>
internal sealed class ShardFailedException(ShardAddress address, Exception cause)
    : Exception($"shard {address.Shard} on silo '{address.Silo}' did not answer: {cause.Message}", cause)
{
    /// <summary>The copy.</summary>
    public ShardAddress Address { get; } = address;
}
