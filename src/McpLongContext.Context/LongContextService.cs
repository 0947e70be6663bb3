using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Context;

/// <summary>
/// What the tools do, free of any protocol: one per process, used by all its requests at once. Errors that a user can
/// mend are a <see cref="ContextException"/>, a <see cref="DatastoreException"/> or a <see cref="ModelException"/>.
/// </summary>
public sealed class LongContextService : IAsyncDisposable
{
    private readonly DatastoreRegistry _datastores;
    private readonly EncoderProvider _encoders;
    private readonly JobRegistry _jobs;
    private readonly Ingestor _ingestor;

    /// <summary>Creates the service. Nothing is opened, loaded or created before it is needed.</summary>
    /// <exception cref="ContextException">A folder of the options does not exist.</exception>
    public LongContextService(LongContextOptions options, TimeProvider time, ILoggerFactory logging)
    {
        var logger = logging.CreateLogger<LongContextService>();
        var paths = new DocumentPaths(RealPath.Of(options.WorkingDirectory));
        var models = options.Models ?? Path.Combine(options.Home, "models");
        Models = new ModelStore(new ModelStoreOptions { Folder = models });
        _datastores = new DatastoreRegistry(new DatastoreHome(options.Home));
        _encoders = new EncoderProvider(Models, options.InstallDefaultEncoder);
        _jobs = new JobRegistry(time);
        _ingestor = new Ingestor(
            _datastores,
            _encoders,
            _jobs,
            new AllowedRoots(options.AllowedRoots),
            paths,
            time,
            logger
        );
    }

    /// <summary>The installed models and those that can be installed.</summary>
    public ModelStore Models { get; }

    /// <summary>Ingests; what is not done after the request's wait goes on in the background.</summary>
    /// <param name="request">What to ingest.</param>
    /// <param name="progress">Told about every change while waiting.</param>
    /// <param name="cancellation">Cancels the job while waiting; what was acknowledged is kept.</param>
    /// <exception cref="ContextException">The request is not valid; nothing was stored.</exception>
    public Task<IngestReport> IngestAsync(
        IngestRequest request,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    ) => _ingestor.IngestAsync(request, progress, cancellation);

    /// <summary>Waits for a job; <paramref name="wait"/> null waits for its end.</summary>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public Task<IngestReport> WaitAsync(
        string job,
        TimeSpan? wait,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    ) => _ingestor.WaitAsync(_jobs.Get(job), wait, progress, cancellation);

    /// <summary>The jobs of this process, oldest first; or the one of a handle.</summary>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public IReadOnlyList<IngestReport> Jobs(string? job) =>
        job is null ? [.. _jobs.All().Select(one => one.Report)] : [_jobs.Get(job).Report];

    /// <summary>Cancels a job and waits until it has stopped; what was acknowledged is kept.</summary>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public async Task<IngestReport> CancelAsync(string job)
    {
        var found = _jobs.Get(job);
        found.Cancel();
        await found.Completion;
        return found.Report;
    }

    /// <summary>Stops the jobs and closes the datastores.</summary>
    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _encoders.Dispose();
        _datastores.Dispose();
    }
}
