using McpLongContext.Context.Answers;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Positions;
using McpLongContext.Context.Retrieval;
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
    private readonly DecoderProvider _decoders;
    private readonly JobRegistry _jobs;
    private readonly Ingestor _ingestor;
    private readonly DatastoreManager _manager;
    private readonly QueryRunner _queries;
    private readonly AnswerWriter _answers;
    private readonly PositionExpander _positions;
    private readonly LongInferenceRunner _inference;
    private readonly MemoryInference _remembering;
    private readonly bool _enabled;
    private readonly bool _resumes;

    /// <summary>Creates the service. Nothing is opened, loaded or created before it is needed.</summary>
    /// <exception cref="ContextException">A folder of the options does not exist.</exception>
    public LongContextService(LongContextOptions options, TimeProvider time, ILoggerFactory logging)
    {
        var logger = logging.CreateLogger<LongContextService>();
        var paths = new DocumentPaths(RealPath.Of(options.WorkingDirectory));
        var models = options.Models ?? Path.Combine(options.Home, "models");
        Models = new ModelStore(new ModelStoreOptions { Folder = models });
        _datastores = new DatastoreRegistry(new DatastoreHome(options.Home));
        _encoders = new EncoderProvider(Models, options.EncoderPrecision, options.InstallDefaultEncoder);
        _decoders = new DecoderProvider(Models, options.DecoderPrecision, options.Unlimiformer);
        _jobs = new JobRegistry(time);
        var questions = new QuestionPriority();
        var memories = new MemoryJobs(_datastores, _decoders, questions, _jobs, options.ResumeEncoding);
        var reader = new MemoryReader(options.Unlimiformer, time, logger);
        _ingestor = new Ingestor(
            _datastores,
            _encoders,
            questions,
            memories,
            _jobs,
            new AllowedRoots(options.AllowedRoots),
            paths,
            time,
            logger
        );
        _manager = new DatastoreManager(_datastores, _encoders, paths);
        _queries = new QueryRunner(_datastores, _encoders, questions, _manager, paths, time);
        var sources = new InferenceSources(_datastores, _manager, paths);
        var opener = new MemorySources(_datastores, sources, memories, paths, options.Unlimiformer);
        var evidence = new EvidenceReader(_datastores);
        _answers = new AnswerWriter(
            new Dictionary<MemoryKind, IAnswerReader>
            {
                [MemoryKind.Window] = evidence,
                [MemoryKind.Infini] = new CompressiveReader(_datastores, evidence, memories),
                [MemoryKind.Unlimiformer] = new AttentionReader(opener, reader),
            },
            _decoders,
            time
        );
        _positions = new PositionExpander(Models, options.EncoderPrecision);
        _inference = new LongInferenceRunner(sources, _decoders, time);
        _remembering = new MemoryInference(opener, _datastores, _decoders, reader, memories, time);
        _enabled = options.Unlimiformer.Enabled;
        _resumes = options.ResumeEncoding;
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

    /// <summary>Answers a question with cited evidence; <see cref="AnswerAsync"/> writes an answer from it.</summary>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public async Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation)
    {
        // Judged before the search: what is read while it runs may be missing from it.
        var reading = StillReading(request.Datastore);
        var result = await _queries.QueryAsync(request, cancellation);
        await ResumeAsync(request.Datastore, cancellation);
        return reading is null ? result : result with { Notes = [.. result.Notes, reading] };
    }

    /// <summary>Lets a local model answer a question from its evidence, in bounded time.</summary>
    /// <param name="request">The question.</param>
    /// <param name="evidence">What <see cref="QueryAsync"/> found for it.</param>
    /// <param name="mode">When an answer is written.</param>
    /// <param name="progress">Told about every token.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>The answer, or why there is none; <see langword="null"/> where none is wanted.</returns>
    /// <exception cref="ContextException">An answer is always wanted, and no chat model is installed.</exception>
    /// <exception cref="ModelException">An answer is always wanted, and the model is damaged or not supported.</exception>
    public Task<LocalAnswer?> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    ) => AnswerWithinAsync(limit: null, request, evidence, mode, progress, cancellation);

    /// <summary>Lets a local model answer a question from its evidence, in another time than its mode allows.</summary>
    /// <param name="limit">How long it may take; <see langword="null"/> for what the mode allows.</param>
    /// <param name="request">The question.</param>
    /// <param name="evidence">What <see cref="QueryAsync"/> found for it.</param>
    /// <param name="mode">When an answer is written.</param>
    /// <param name="progress">Told about every token.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <inheritdoc cref="AnswerAsync"/>
    public Task<LocalAnswer?> AnswerWithinAsync(
        TimeSpan? limit,
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    ) => _answers.WriteAsync(request, evidence, mode, limit, progress, cancellation);

    /// <summary>Ranks single passages for a question, neither merged nor cut to a budget.</summary>
    /// <param name="datastore">The datastore to ask.</param>
    /// <param name="question">The question.</param>
    /// <param name="document">The only document to search; <see langword="null"/> searches all.</param>
    /// <param name="top">The most passages to return.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public Task<IReadOnlyList<Evidence>> RankAsync(
        string datastore,
        string question,
        string? document,
        int top,
        CancellationToken cancellation
    ) => _queries.RankAsync(datastore, question, document, top, cancellation);

    /// <summary>
    /// Reads long texts through a generative model, window by window. Cancelling does not throw once the first window
    /// is begun: the report has what was done, and the same request goes on behind it.
    /// </summary>
    /// <param name="request">What to read, and what for.</param>
    /// <param name="progress">Told about every window that is begun.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="ContextException">An argument is not valid, or no model is installed; the message says which.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    ) =>
        (request.Memory ?? MemoryUnnamed(request)) is var memory && memory == MemoryKind.Window
            ? _inference.RunAsync(request, progress, cancellation)
            : _remembering.RunAsync(request with { Memory = memory }, progress, cancellation);

    /// <summary>All datastores, by name.</summary>
    public IReadOnlyList<DatastoreSummary> ListDatastores() => _manager.List();

    /// <summary>A datastore with its documents.</summary>
    /// <exception cref="DatastoreException">There is none with this name.</exception>
    public DatastoreDetail ShowDatastore(string name) => _manager.Show(name);

    /// <summary>A document's text, or some lines of it, 1-based and inclusive.</summary>
    /// <exception cref="ContextException">There is no such document, or no such line.</exception>
    public DocumentText ReadDocument(string datastore, string document, int? startLine, int? endLine) =>
        _manager.Read(datastore, document, startLine, endLine);

    /// <summary>Removes a document, or all documents beneath a directory, from a datastore.</summary>
    /// <exception cref="ContextException">There is none.</exception>
    public Task<RemoveReport> RemoveDocumentAsync(string datastore, string document, CancellationToken cancellation) =>
        Task.Run(() => _manager.Remove(datastore, document, cancellation), cancellation);

    /// <summary>Removes a datastore with everything in it; its running jobs are cancelled.</summary>
    /// <exception cref="DatastoreException">There is none with this name.</exception>
    public async Task RemoveDatastoreAsync(string name, CancellationToken cancellation)
    {
        foreach (var job in _jobs.All().Where(job => job.Datastore == name))
        {
            job.Cancel();
            await job.Completion.WaitAsync(cancellation);
        }

        await Task.Run(() => _datastores.Remove(name), cancellation);
    }

    /// <summary>Checks everything that a datastore holds.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="repair">Whether what is damaged is dropped, so that the next ingest renews it.</param>
    /// <param name="cancellation">Ends the check.</param>
    public Task<VerifyReport> VerifyAsync(string name, bool repair, CancellationToken cancellation) =>
        Task.Run(() => _manager.Verify(name, repair, cancellation), cancellation);

    /// <summary>Gives the unused space of a datastore back to the disk.</summary>
    public Task<CompactReport> CompactAsync(string name, CancellationToken cancellation) =>
        Task.Run(() => _manager.Compact(name, cancellation), cancellation);

    /// <summary>Sets how a datastore's documents are cut for encoding.</summary>
    /// <exception cref="ContextException">A setting is out of range.</exception>
    public async Task<ChunkingReport> SetChunkingAsync(ChunkingRequest request, CancellationToken cancellation)
    {
        var report = await _manager.SetChunkingAsync(request, cancellation);
        var job = request.ApplyToExisting ? await _ingestor.ResumeAsync(request.Datastore, cancellation) : null;
        return report with { Job = job?.Id };
    }

    /// <summary>
    /// Gives a model another window, from its next request on in every process; its trained one restores it exactly.
    /// </summary>
    /// <exception cref="ContextException">An argument is not valid or does not fit the model; nothing was changed.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported; nothing was changed.</exception>
    public Task<PositionReport> ExpandPositionsAsync(PositionRequest request, CancellationToken cancellation) =>
        _positions.ExpandAsync(request, cancellation);

    /// <summary>Stops the jobs and closes the datastores.</summary>
    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _positions.Dispose();
        await _decoders.DisposeAsync();
        _encoders.Dispose();
        _datastores.Dispose();
    }

    /// <summary>What is read for a request that does not say it: what is written by an instruction may need all of a text.</summary>
    private MemoryKind MemoryUnnamed(LongInferenceRequest request) =>
        _enabled && request is { Mode: InferenceMode.Generate, Instruction: not null, Cursor: null }
            ? MemoryKind.Unlimiformer
            : MemoryKind.Window;

    /// <summary>The note that files are being read into a datastore, by a job of this or of another process.</summary>
    private string? StillReading(string datastore) =>
        _jobs.FindIndexing(datastore) is { } job
            ? $"Job {job.Id} is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again when ingest_status reports another state than indexing."
        : IndexingLock.IsHeld(_datastores.Open(datastore))
            ? "Another process is still reading files into this datastore: what it has not reached yet is not in this "
                + "result. Ask again later."
        : null;

    /// <summary>Goes on with what an earlier process left pending.</summary>
    private async Task ResumeAsync(string name, CancellationToken cancellation)
    {
        if (
            _resumes
            && !_jobs
                .All()
                .Any(job => job.Datastore == name && job.Report.State is IngestState.Indexing or IngestState.Encoding)
        )
        {
            await _ingestor.ResumeAsync(name, cancellation);
        }
    }
}
