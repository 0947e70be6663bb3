namespace McpLongContext.Distributed.Catalog;

/// <summary>
/// The one place that decides where the shards of a datastore are and how its passages are numbered; its key is the name
/// of the datastore.
/// </summary>
internal interface IDatastoreGrain : IGrainWithStringKey
{
    /// <summary>The layout; <see langword="null"/>: there is no such datastore.</summary>
    public Task<DatastoreLayout?> FindAsync();

    /// <summary>The layout of the datastore, which is made where there is none.</summary>
    /// <param name="shards">The number of shards of a new one.</param>
    [ResponseTimeout("00:05:00")]
    public Task<DatastoreLayout> EnsureAsync(int shards);

    /// <summary>Takes ids for passages, which are never given twice: the catalog records blocks of them before.</summary>
    /// <returns>The first of them.</returns>
    public Task<long> ReserveAsync(int count);

    /// <summary>
    /// Records that copies have missed a write, before it is acknowledged: they answer nothing until they catch up.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="silos">The silos of the copies.</param>
    /// <returns>The layout from now on.</returns>
    /// <exception cref="Messages.ShardUnavailableException">No current copy would be left.</exception>
    public Task<DatastoreLayout> MarkStaleAsync(int shard, string[] silos);

    /// <summary>Lets stale copies catch up, makes missing ones, and moves some to silos with smaller loads.</summary>
    [ResponseTimeout("01:00:00")]
    public Task RepairAsync();
}
