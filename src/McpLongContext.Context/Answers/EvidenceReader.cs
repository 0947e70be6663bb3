using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Generation;

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
        using var writer = new GreedyDecoder(decoder.Model, decoder.Tokenizer) { EndsWithLine = true };
        return await WriteAsync(request, evidence, decoder, writer, written, cancellation);
    }

    /// <summary>Answers by a decoder whose sequence may have a decoder memory.</summary>
    /// <param name="request">The question.</param>
    /// <param name="evidence">The evidence, best first.</param>
    /// <param name="decoder">A chat model, leased.</param>
    /// <param name="writer">Nothing was given to it yet.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static async Task<LocalAnswer> WriteAsync(
        QueryRequest request,
        QueryResult evidence,
        LoadedDecoder decoder,
        GreedyDecoder writer,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var room = Math.Min(AnswerLimits.MaxPromptTokens, decoder.Window - AnswerLimits.MaxTokens);
        if (AnswerPrompt.Create(decoder.ChatTemplate!, request.Question, evidence.Ranked, room) is not { } prompt)
        {
            return LocalAnswer.Without(AnswerState.Abstained, "the question leaves no room for evidence", decoder.Name);
        }

        var result = await writer.ContinueAsync(prompt.Tokens, AnswerLimits.MaxTokens, written, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return AnswerSupport.Judge(result.Text, request.Question, prompt.Passages).ToAnswer(decoder.Name);
    }

    private bool IsThin(QueryRequest request, QueryResult evidence)
    {
        if (evidence.Evidence.Count == 0)
        {
            return true;
        }

        using var snapshot = datastores.Open(request.Datastore).Snapshot();
        return EvidenceStrength.Of(snapshot, request.Question, evidence.Evidence) < EvidenceStrength.Least;
    }
}
