using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Ingestion;

/// <summary>Ingests sources: into a datastore of this machine, or into one that a cluster holds.</summary>
internal interface IIngestor
{
    /// <summary>Starts an ingest and waits for it as long as the request says.</summary>
    /// <param name="request">The sources to ingest.</param>
    /// <param name="progress">Told about every change while waiting.</param>
    /// <param name="cancellation">Cancels the job while waiting; later, its handle does.</param>
    /// <exception cref="ContextException">The request is not valid; nothing was stored.</exception>
    public Task<IngestReport> IngestAsync(
        IngestRequest request,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    );
}
