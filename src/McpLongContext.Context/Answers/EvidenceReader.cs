using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Answers;

/// <summary>Answers from the passages that were found for the question, as many as the prompt holds.</summary>
internal sealed class EvidenceReader(DatastoreRegistry datastores) : IAnswerReader
{
    /// <inheritdoc/>
    public LocalAnswer? Refuse(QueryRequest request, QueryResult evidence) =>
        IsThin(request, evidence)
            ? LocalAnswer.Without(AnswerState.Abstained, "the evidence speaks of too little of the question")
            : null;

    /// <inheritdoc/>
    public async Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        LoadedDecoder decoder,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var room = Math.Min(AnswerLimits.MaxPromptTokens, decoder.Window - AnswerLimits.MaxTokens);
        if (AnswerPrompt.Create(decoder.ChatTemplate!, request.Question, evidence.Passages, room) is not { } prompt)
        {
            return LocalAnswer.Without(AnswerState.Abstained, "the question leaves no room for evidence", decoder.Name);
        }

        using var continuation = new Continuation(decoder);
        var result = await continuation.RunAsync(
            prompt.Tokens,
            AnswerLimits.MaxTokens,
            covered: 0,
            written,
            cancellation
        );
        cancellation.ThrowIfCancellationRequested();
        return AnswerSupport.Judge(result.Output!, request.Question, prompt.Passages).ToAnswer(decoder.Name);
    }

    private bool IsThin(QueryRequest request, QueryResult evidence)
    {
        if (evidence.Passages.Count == 0)
        {
            return true;
        }

        using var snapshot = datastores.Open(request.Datastore).Snapshot();
        return EvidenceStrength.Of(snapshot, request.Question, evidence.Passages) < EvidenceStrength.Least;
    }
}
