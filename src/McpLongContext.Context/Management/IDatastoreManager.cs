using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Management;

/// <summary>Lists and trims datastores: those of this machine, or those that a cluster holds.</summary>
internal interface IDatastoreManager
{
    /// <summary>All datastores, by name.</summary>
    public Task<IReadOnlyList<DatastoreSummary>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Removes a document, or all documents beneath a directory. What is removed when it is canceled stays removed.
    /// </summary>
    /// <exception cref="ContextException">There is none.</exception>
    public Task<RemoveReport> RemoveDocumentAsync(string name, string document, CancellationToken cancellation);
}
