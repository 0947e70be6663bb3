using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Jobs;

namespace McpLongContext.Context.Ingestion;

/// <summary>The background work on a datastore, as a query meets it.</summary>
internal sealed class BackgroundEncoding(
    DatastoreRegistry datastores,
    JobRegistry jobs,
    Ingestor ingestor,
    LongContextOptions options
)
{
    /// <summary>A sentence where files are still being read into a datastore; <see langword="null"/>: they are not.</summary>
    public string? StillReading(string datastore) =>
        jobs.FindIndexing(datastore) is { } job
            ? $"Job {job.Id} is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again when ingest_status reports another state than indexing."
        : IndexingLock.IsHeld(datastores.Open(datastore))
            ? "Another process is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again later."
        : null;

    /// <summary>
    /// Has pending documents encoded, where the process lives long enough and nothing works on the datastore yet: those of a
    /// process that was stopped in its middle.
    /// </summary>
    public async Task ResumeAsync(string datastore, CancellationToken cancellation)
    {
        if (options.ResumeEncoding && !jobs.IsWorking(datastore))
        {
            await ingestor.ResumeAsync(datastore, cancellation);
        }
    }
}
