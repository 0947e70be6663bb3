using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Answers;

/// <summary>
/// Answers from the passages that were found, with the compressive memory of the whole datastore behind them; without an
/// adapter, whose gates let it through, the answer is that of the passages alone.
/// </summary>
internal sealed class CompressiveReader(DatastoreRegistry datastores, EvidenceReader evidenceReader, MemoryJobs jobs)
    : IAnswerReader
{
    /// <inheritdoc/>
    public LocalAnswer? Refuse(QueryRequest request, QueryResult evidence) => null;

    /// <inheritdoc/>
    public async Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        LoadedDecoder decoder,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var memory = CompressedScope.Of(datastores.Open(request.Datastore), decoder.ReadMemory());
        var job = memory is null or { PendingDocuments: > 0 }
            ? jobs.Ensure(request.Datastore, MemoryKind.Infini, decoder.Name)
            : null;
        if (memory is null)
        {
            return LocalAnswer.Without(
                AnswerState.Unavailable,
                $"The compressive memory of {decoder.Name} holds nothing of datastore '{request.Datastore}' yet. "
                    + MemoryJobs.Remedy(request.Datastore, MemoryKind.Infini, job),
                decoder.Name
            );
        }

        using var continuation = new Continuation(decoder, memory.CreateRun()) { EndsWithLine = true };
        var answer =
            evidenceReader.Refuse(request, evidence)
            ?? await EvidenceReader.WriteAsync(request, evidence, decoder, continuation, written, cancellation);
        return answer with { Memory = memory.Use(job) };
    }
}
