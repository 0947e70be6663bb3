using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Management;
using McpLongContext.Context.Positions;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Tests.Shared;

/// <summary>Drives what tools and commands do, composed as the server composes it, in the test's own process.</summary>
internal sealed class LongContextService : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <summary>Composes everything over a home.</summary>
    public LongContextService(LongContextOptions options, TimeProvider time, ILoggerFactory logging)
    {
        _services = new ServiceCollection()
            .AddSingleton(time)
            .AddSingleton(logging)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddLongContext(options)
            .BuildServiceProvider();
        _services.GetRequiredService<AllowedRoots>();
    }

    public ModelStore Models => Get<ModelStore>();

    /// <summary>A service by its type.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task<IngestReport> IngestAsync(
        IngestRequest request,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    ) => Get<Ingestor>().IngestAsync(request, progress, cancellation);

    public Task<IngestReport> WaitAsync(
        string job,
        TimeSpan? wait,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    ) => Get<Ingestor>().WaitAsync(job, wait, progress, cancellation);

    public IReadOnlyList<IngestReport> Jobs(string? job) => Get<JobRegistry>().Reports(job, static _ => true);

    public Task<IngestReport> CancelAsync(string job) => Get<JobRegistry>().CancelAsync(job);

    public Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation) =>
        Get<Retriever>().QueryAsync(request, cancellation);

    public Task<LocalAnswer?> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        AnswerMode mode,
        IProgress<AnswerProgress>? progress,
        CancellationToken cancellation
    ) => Get<AnswerWriter>().WriteAsync(request, evidence, mode, limit: null, progress, cancellation);

    public Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    ) => Get<LongInferrer>().InferAsync(request, progress, cancellation);

    public IReadOnlyList<DatastoreSummary> ListDatastores() => Get<DatastoreManager>().List();

    public DatastoreDetail ShowDatastore(string name) => Get<DatastoreManager>().Show(name);

    public DocumentText ReadDocument(
        string datastore,
        string document,
        int? startLine,
        int? endLine,
        (int Start, int End)? columns = null
    ) => Get<DatastoreManager>().Read(datastore, document, startLine, endLine, columns);

    public Task<RemoveReport> RemoveDocumentAsync(string datastore, string document, CancellationToken cancellation) =>
        Get<DatastoreManager>().RemoveDocumentAsync(datastore, document, cancellation);

    public Task RemoveDatastoreAsync(string name, CancellationToken cancellation) =>
        Get<DatastoreManager>().RemoveAsync(name, cancellation);

    public Task<VerifyReport> VerifyAsync(string name, bool repair, CancellationToken cancellation) =>
        Get<DatastoreManager>().VerifyAsync(name, repair, cancellation);

    public Task<CompactReport> CompactAsync(string name, CancellationToken cancellation) =>
        Get<DatastoreManager>().CompactAsync(name, cancellation);

    public Task<ChunkingReport> SetChunkingAsync(ChunkingRequest request, CancellationToken cancellation) =>
        Get<ChunkingManager>().SetAsync(request, cancellation);

    public Task<PositionReport> ExpandPositionsAsync(PositionRequest request, CancellationToken cancellation) =>
        Get<ContextExtender>().ExpandAsync(request, cancellation);

    public async ValueTask DisposeAsync()
    {
        await Get<JobRegistry>().DisposeAsync();
        await _services.DisposeAsync();
    }
}
