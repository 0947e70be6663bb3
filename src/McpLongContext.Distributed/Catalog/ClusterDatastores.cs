using McpLongContext.Context.Contracts;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Catalog;

/// <summary>The datastores of the cluster.</summary>
internal sealed class ClusterDatastores(IGrainFactory grains, ICatalog catalog)
{
    /// <summary>The names, in order.</summary>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => catalog.ListAsync(cancellation);

    /// <summary>The grain of a datastore.</summary>
    /// <exception cref="DatastoreException">The name is not valid.</exception>
    public IDatastoreGrain Of(string name) => grains.GetGrain<IDatastoreGrain>(DatastoreName.Require(name));

    /// <summary>The layout of a datastore.</summary>
    /// <exception cref="ContextException">There is none with this name.</exception>
    public async Task<DatastoreLayout> RequireAsync(string name, CancellationToken cancellation) =>
        await Of(name).FindAsync() ?? throw new UnknownDatastoreException(name, await ListAsync(cancellation));
}
