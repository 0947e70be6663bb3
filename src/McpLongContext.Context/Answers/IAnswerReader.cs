using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;

namespace McpLongContext.Context.Answers;

/// <summary>How a chat model comes to an answer: one for each <see cref="MemoryKind"/>.</summary>
internal interface IAnswerReader
{
    /// <summary>The answer that needs no model, if there is one.</summary>
    /// <returns>Why there is no answer; <see langword="null"/> where the model is to be asked.</returns>
    public LocalAnswer? Refuse(QueryRequest request, QueryResult evidence);

    /// <summary>Answers a question, or says why not.</summary>
    /// <param name="request">The question.</param>
    /// <param name="evidence">The evidence, best first.</param>
    /// <param name="decoder">A chat model, leased.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public Task<LocalAnswer> AnswerAsync(
        QueryRequest request,
        QueryResult evidence,
        LoadedDecoder decoder,
        Action<int> written,
        CancellationToken cancellation
    );
}
