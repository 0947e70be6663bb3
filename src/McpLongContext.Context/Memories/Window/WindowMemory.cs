using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Storage;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Context.Memories.Window;

/// <summary>No decoder memory at all: the decoder reads the evidence, or a text window by window.</summary>
internal sealed class WindowMemory(EvidenceReader evidence, LongInferenceRunner inference) : IMemory
{
    /// <inheritdoc/>
    public MemoryKind Kind => MemoryKind.Window;

    /// <inheritdoc/>
    public IMemoryBuilder? Builder => null;

    /// <inheritdoc/>
    public IEnumerable<MemorySummary> Summarize(DatastoreSnapshot snapshot, DatastoreStatistics statistics) => [];

    /// <inheritdoc/>
    public LocalAnswer? Refuse(QueryRequest request, QueryResult found) => evidence.Refuse(request, found);

    /// <inheritdoc/>
    public Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult found,
        LoadedDecoder decoder,
        Action<int> written,
        CancellationToken cancellation
    ) => evidence.AnswerAsync(request, found, decoder, written, cancellation);

    /// <inheritdoc/>
    public Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    ) => inference.RunAsync(request, progress, cancellation);
}
