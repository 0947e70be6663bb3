using System.Collections.Concurrent;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Distributed.Placement;

namespace McpLongContext.Distributed.Shards;

/// <summary>The copies of shards that this silo holds, opened when they are first asked for.</summary>
internal sealed class ShardStores(
    DatastoreRegistry datastores,
    SharedEncoder encoder,
    EncodingDemands demands,
    Ingestor ingestor,
    JobRegistry jobs,
    DocumentPaths paths
) : IDisposable
{
    private readonly ConcurrentDictionary<ShardKey, ShardStore> _stores = [];

    /// <summary>A copy of a shard, made where there is none yet.</summary>
    public ShardStore Of(ShardKey key) =>
        _stores.GetOrAdd(
            key,
            one => new ShardStore(
                () => datastores.OpenOrCreate(one.StoreName),
                encoder,
                demands.Of(one.StoreName),
                ingestor,
                jobs,
                paths
            )
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var store in _stores.Values)
        {
            store.Dispose();
        }
    }
}
