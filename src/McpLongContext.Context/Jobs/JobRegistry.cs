using System.Security.Cryptography;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Jobs;

/// <summary>The jobs of this process: the running ones and the latest that ended.</summary>
internal sealed class JobRegistry(TimeProvider time) : IAsyncDisposable
{
    private const int Remembered = 64;

    private readonly Lock _gate = new();
    private readonly List<IngestJob> _jobs = [];

    /// <summary>Starts a job; its work runs in the background at once.</summary>
    /// <param name="kind">The work of the job.</param>
    /// <param name="datastore">The datastore that it works on.</param>
    /// <param name="work">The work.</param>
    /// <param name="builds">The decoder memory that it builds, if any.</param>
    public IngestJob Start(JobKind kind, string datastore, Func<IngestJob, Task> work, MemoryTarget? builds = null)
    {
        var number = RandomNumberGenerator.GetHexString(8, lowercase: true);
        var job = new IngestJob($"{kind.ToString().ToLowerInvariant()}-{number}", datastore, time)
        {
            Kind = kind,
            Builds = builds,
        };
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

    /// <summary>Whether a job is indexing or encoding a datastore.</summary>
    public bool IsWorking(string datastore) =>
        All()
            .Any(job => job.Datastore == datastore && job.Report.State is IngestState.Indexing or IngestState.Encoding);

    /// <summary>A job that builds, or will build, a decoder memory of a datastore, if there is one.</summary>
    public IngestJob? FindBuilding(string datastore, MemoryTarget memory) =>
        All().FirstOrDefault(job => job.Datastore == datastore && job.Builds == memory && !job.Report.State.IsFinal());

    /// <summary>The job of a handle.</summary>
    /// <exception cref="ContextException">No job has this handle.</exception>
    public IngestJob Get(string id) => Get(id, All());

    private static IngestJob Get(string id, IReadOnlyList<IngestJob> jobs) =>
        jobs.FirstOrDefault(job => job.Id == id)
        ?? throw new ContextException(
            $"job '{id}' is unknown: jobs live as long as the process that started them. "
                + (
                    jobs.Count == 0
                        ? "This one has none"
                        : $"This one has {string.Join(", ", jobs.Select(job => job.Id))}"
                )
                + "; list_datastores shows what every datastore holds and what is pending."
        );

    /// <summary>The reports of the jobs of some datastores, oldest first; or that of a handle.</summary>
    /// <param name="job">The handle; <see langword="null"/>: all jobs.</param>
    /// <param name="isShown">Whether the jobs of a datastore are shown; others count as unknown.</param>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public IReadOnlyList<IngestReport> Reports(string? job, Func<string, bool> isShown)
    {
        List<IngestJob> shown = [.. All().Where(one => isShown(one.Datastore))];
        return job is null ? [.. shown.Select(one => one.Report)] : [Get(job, shown).Report];
    }

    /// <summary>Cancels a job and waits until it has stopped; what was acknowledged is kept.</summary>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public async Task<IngestReport> CancelAsync(string job)
    {
        var found = Get(job);
        found.Cancel();
        await found.Completion;
        return found.Report;
    }

    /// <summary>Cancels the jobs of a datastore and waits until they have stopped.</summary>
    public async Task CancelAllAsync(string datastore, CancellationToken cancellation)
    {
        foreach (var job in All().Where(job => job.Datastore == datastore))
        {
            job.Cancel();
            await job.Completion.WaitAsync(cancellation);
        }
    }

    /// <summary>Cancels what runs and waits for it to stop; nothing is left to do another time.</summary>
    public async ValueTask DisposeAsync()
    {
        IReadOnlyList<IngestJob> jobs;
        lock (_gate)
        {
            jobs = [.. _jobs];
            _jobs.Clear();
        }

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
