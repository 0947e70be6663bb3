using System.Security.Cryptography;
using McpLongContext.Context.Ingestion;

namespace McpLongContext.Context.Jobs;

/// <summary>The jobs of this process: the running ones and the latest that ended.</summary>
internal sealed class JobRegistry(TimeProvider time) : IAsyncDisposable
{
    private const int Remembered = 64;

    private readonly Lock _gate = new();
    private readonly List<IngestJob> _jobs = [];

    /// <summary>Starts a job; its work runs in the background at once.</summary>
    public IngestJob Start(string datastore, Func<IngestJob, Task> work)
    {
        var job = new IngestJob($"ingest-{RandomNumberGenerator.GetHexString(8, lowercase: true)}", datastore, time);
        lock (_gate)
        {
            _jobs.Add(job);
            Forget();
        }

        job.Start(work);
        return job;
    }

    /// <summary>The jobs, oldest first.</summary>
    public IReadOnlyList<IngestJob> All()
    {
        lock (_gate)
        {
            return [.. _jobs];
        }
    }

    /// <summary>A job that is reading files into a datastore, if there is one.</summary>
    public IngestJob? FindIndexing(string datastore) =>
        All().FirstOrDefault(job => job.Datastore == datastore && job.Report.State == IngestState.Indexing);

    /// <summary>The job of a handle.</summary>
    /// <exception cref="ContextException">No job has this handle.</exception>
    public IngestJob Get(string id)
    {
        var jobs = All();
        return jobs.FirstOrDefault(job => job.Id == id)
            ?? throw new ContextException(
                $"job '{id}' is unknown: jobs live as long as the process that started them. "
                    + (
                        jobs.Count == 0
                            ? "This one has none"
                            : $"This one has {string.Join(", ", jobs.Select(job => job.Id))}"
                    )
                    + "; list_datastores shows what every datastore holds and what is pending."
            );
    }

    /// <summary>Cancels what runs and waits for it to stop.</summary>
    public async ValueTask DisposeAsync()
    {
        var jobs = All();
        foreach (var job in jobs)
        {
            job.Cancel();
        }

        await Task.WhenAll(jobs.Select(job => job.Completion));
        foreach (var job in jobs)
        {
            job.Dispose();
        }
    }

    private void Forget()
    {
        var ended = _jobs.Where(job => job.Report.State.IsFinal()).ToList();
        foreach (var job in ended.Take(_jobs.Count - Remembered))
        {
            _jobs.Remove(job);
            job.Dispose();
        }
    }
}
