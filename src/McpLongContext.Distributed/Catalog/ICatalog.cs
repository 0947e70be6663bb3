namespace McpLongContext.Distributed.Catalog;

/// <summary>The durable catalog of the datastores of a cluster. What is stored when a call returns survives a crash.</summary>
internal interface ICatalog
{
    /// <summary>The names of all datastores, in order.</summary>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation);

    /// <summary>The layouts of all datastores.</summary>
    public Task<IReadOnlyList<DatastoreLayout>> ListLayoutsAsync(CancellationToken cancellation);

    /// <summary>The layout of a datastore; <see langword="null"/>: there is none.</summary>
    public Task<DatastoreLayout?> FindAsync(string name, CancellationToken cancellation);

    /// <summary>Stores a layout in the place of the one before it.</summary>
    /// <returns>Whether it was stored; not where another was stored meanwhile.</returns>
    public Task<bool> TryStoreAsync(DatastoreLayout layout, CancellationToken cancellation);
}
