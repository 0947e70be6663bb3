using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Answers;

/// <summary>Answers from the whole datastore, by the model's own retrieval attention.</summary>
internal sealed class AttentionReader(DatastoreRegistry datastores, MemoryReader reader, MemoryJobs jobs)
    : IAnswerReader
{
    /// <summary>Spans that an answer cites at most: what its attention used most.</summary>
    private const int MaxCitations = 3;

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
        using var snapshot = datastores.Open(request.Datastore).Snapshot();
        var memory = MemoryScope.Of(snapshot, snapshot.Documents.All, decoder.FindKeys());
        var job =
            memory.PendingDocuments > 0 ? jobs.Ensure(request.Datastore, MemoryKind.Unlimiformer, decoder.Name) : null;
        if (memory.Keys is null || memory.Tokens == 0)
        {
            return LocalAnswer.Without(
                AnswerState.Unavailable,
                $"The memory of {decoder.Name} holds nothing of datastore '{request.Datastore}' yet. "
                    + MemoryJobs.Remedy(request.Datastore, MemoryKind.Unlimiformer, job),
                decoder.Name
            );
        }

        var answer = await reader.WriteAsync(
            decoder,
            memory.Keys,
            snapshot,
            memory.Documents,
            new MemoryTask(
                request.Question,
                "Answer the question in one short sentence, from the passages above alone. If they do not answer it, write "
                    + $"\"{AnswerPrompt.NotThere}\".\nQuestion: {request.Question}",
                AnswerLimits.MaxTokens
            ),
            written,
            cancellation
        );
        cancellation.ThrowIfCancellationRequested();
        var verdict = AnswerSupport.Judge(answer.Written.Output!, request.Question, answer.Spans);
        return verdict.ToAnswer(decoder.Name) with
        {
            Citations = verdict.Reason is null
                ? [.. answer.Spans.Select(span => span.Citation).Distinct().Take(MaxCitations)]
                : [],
            Memory = answer.Use with { PendingDocuments = memory.PendingDocuments, Job = job },
        };
    }
}
