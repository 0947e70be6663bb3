using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Messages;
using McpLongContext.Storage;

namespace McpLongContext.Distributed.Catalog;

/// <summary>The datastores of the cluster.</summary>
internal sealed class ClusterDatastores(IGrainFactory grains, ICatalog catalog, SiloStanding standing)
{
    /// <summary>A grain answers from memory, unless its silo has just died.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    /// <summary>The names, in order.</summary>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => catalog.ListAsync(cancellation);

    /// <summary>The grain of a datastore.</summary>
    /// <exception cref="DatastoreException">The name is not valid.</exception>
    public IDatastoreGrain Of(string name) => grains.GetGrain<IDatastoreGrain>(DatastoreName.Require(name));

    /// <summary>The layout of a datastore.</summary>
    /// <exception cref="ContextException">There is none with this name.</exception>
    /// <exception cref="ShardUnavailableException">This silo is cut off.</exception>
    public async Task<DatastoreLayout> RequireAsync(string name, CancellationToken cancellation) =>
        await FindAsync(name, cancellation) ?? throw new UnknownDatastoreException(name, await ListAsync(cancellation));

    /// <summary>The layout as its grain has it; where that does not answer, the catalog has the same.</summary>
    private async Task<DatastoreLayout?> FindAsync(string name, CancellationToken cancellation)
    {
        await standing.ConfirmAsync(cancellation);
        var found = Of(name).FindAsync();
        try
        {
            return await found.WaitAsync(s_patience, cancellation);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            // The catalog is asked below.
        }

        try
        {
            return await catalog.FindAsync(name, cancellation);
        }
        catch (ShardUnavailableException)
        {
            return await found.WaitAsync(cancellation);
        }
    }
}
