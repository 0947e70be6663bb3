using System.Collections.Concurrent;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Placement;
using McpLongContext.Storage;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Shards;

/// <summary>The copies of shards that this silo holds, opened when they are first asked for.</summary>
internal sealed class ShardStores(
    DatastoreRegistry datastores,
    SharedEncoder encoder,
    EncodingDemands demands,
    Ingestor ingestor,
    JobRegistry jobs,
    DocumentPaths paths,
    ScratchFiles scratch,
    TimeProvider time,
    ILogger<ShardEncoding> logger
) : IDisposable
{
    private readonly ConcurrentDictionary<string, ShardStore> _stores = new(StringComparer.Ordinal);

    /// <summary>A copy of a shard, which <see cref="CreateIdentityOf"/> has made: its own calls never make it anew.</summary>
    /// <exception cref="ShardUnavailableException">The copy has another identity: the disk was replaced.</exception>
    public ShardStore Of(ShardKey key)
    {
        if (key.Identity != 0 && IdentityOf(key) != key.Identity)
        {
            throw new ShardUnavailableException(
                $"the disk of silo '{key.Silo}' no longer has its copy '{key.StoreName}'; the copy is made anew from another "
                    + "one, where there is one"
            );
        }

        return _stores.GetOrAdd(
            key.StoreName,
            name => new ShardStore(
                () => datastores.Open(name),
                encoder,
                demands.Of(name),
                new ShardEncoding(
                    name,
                    () => PendingDocuments.Count(datastores.Open(name), encoder.Key),
                    ingestor,
                    jobs,
                    time,
                    logger
                ),
                paths,
                scratch
            )
        );
    }

    /// <summary>The identity of the datastore of a copy; 0 where there is none.</summary>
    public long IdentityOf(ShardKey key)
    {
        try
        {
            return datastores.Open(key.StoreName).Identity;
        }
        catch (Exception error) when (error is UnknownDatastoreException or DatastoreRemovedException)
        {
            return 0;
        }
    }

    /// <summary>The identity of the datastore of a copy, which is made where there is none.</summary>
    public long CreateIdentityOf(ShardKey key) => datastores.OpenOrCreate(key.StoreName).Identity;

    /// <summary>Removes a copy from the disk, if it is the one that is meant.</summary>
    public async Task RemoveAsync(ShardKey key)
    {
        if (IdentityOf(key) == key.Identity)
        {
            await jobs.CancelAllAsync(key.StoreName, CancellationToken.None);
            datastores.Remove(key.StoreName);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var store in _stores.Values)
        {
            store.Dispose();
        }
    }
}
