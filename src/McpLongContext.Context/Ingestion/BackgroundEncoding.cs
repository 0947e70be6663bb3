using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Jobs;

namespace McpLongContext.Context.Ingestion;

/// <summary>The background work on a datastore, as a query meets it.</summary>
internal sealed class BackgroundEncoding(
    DatastoreRegistry datastores,
    JobRegistry jobs,
    Ingestor ingestor,
    LongContextOptions options,
    TimeProvider time
)
{
    /// <summary>The wait of a query for a running ingest, whose result it would otherwise miss.</summary>
    private static readonly TimeSpan s_indexWait = TimeSpan.FromSeconds(1);

    /// <summary>The further wait where nothing is stored yet: less than clients wait for a call.</summary>
    private static readonly TimeSpan s_firstIndexWait = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Lets a job that has just begun finish its lexical index, so that a query right after an ingest finds what was
    /// ingested; where nothing at all is stored yet, for longer.
    /// </summary>
    public async Task WaitForIndexAsync(string datastore, CancellationToken cancellation)
    {
        if (jobs.FindIndexing(datastore) is not { } job)
        {
            return;
        }

        await Task.WhenAny(job.Indexed, Task.Delay(s_indexWait, time, cancellation));
        if (!job.Indexed.IsCompleted && IsEmpty())
        {
            await Task.WhenAny(job.Indexed, Task.Delay(s_firstIndexWait, time, cancellation));
        }

        cancellation.ThrowIfCancellationRequested();

        bool IsEmpty()
        {
            using var snapshot = datastores.Open(datastore).Snapshot();
            return snapshot.Documents.PassageCount == 0;
        }
    }

    /// <summary>Whether a job of this process reads files into a datastore.</summary>
    public bool IsReading(string datastore) => jobs.FindIndexing(datastore) is not null;

    /// <summary>
    /// A sentence where files are still being read into a datastore; <see langword="null"/>: they are not.
    /// </summary>
    public string? StillReading(string datastore) =>
        jobs.FindIndexing(datastore) is { } job
            ? $"Job {job.Id} is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again when ingest_status reports another state than indexing."
        : IndexingLock.IsHeld(datastores.Open(datastore))
            ? "Another process is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again later."
        : null;

    /// <summary>
    /// Has pending documents encoded, where the process lives long enough and nothing works on the datastore yet: those
    /// of a process that was stopped in its middle.
    /// </summary>
    public async Task ResumeAsync(string datastore, CancellationToken cancellation)
    {
        if (options.ResumeEncoding && !jobs.IsWorking(datastore))
        {
            await ingestor.ResumeAsync(datastore, cancellation);
        }
    }
}
