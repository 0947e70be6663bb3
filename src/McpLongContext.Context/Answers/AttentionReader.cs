using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference;
using McpLongContext.Context.Memories;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Answers;

/// <summary>Answers from the whole datastore, by the model's own retrieval attention.</summary>
internal sealed class AttentionReader(MemorySources sources, MemoryReader reader) : IAnswerReader
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
        var documents = new LongInferenceRequest { Datastore = request.Datastore, PathGlob = request.PathGlob };
        OpenMemory memory;
        try
        {
            memory = await sources.OpenAsync(documents, decoder, cancellation);
        }
        catch (MemoryEmptyException error)
        {
            return LocalAnswer.Without(AnswerState.Unavailable, error.Message, decoder.Name);
        }

        using var open = memory;
        var answer = await reader.WriteAsync(
            decoder,
            memory,
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
            Memory = answer.Use,
        };
    }
}
