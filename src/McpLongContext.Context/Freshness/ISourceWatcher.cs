namespace McpLongContext.Context.Freshness;

/// <summary>Watches the sources of datastores, where that was asked for.</summary>
internal interface ISourceWatcher
{
    /// <summary>Follows the watched sources of a datastore, if it has any, for as long as this process lives.</summary>
    /// <param name="name">The datastore.</param>
    public void Watch(string name);
}
