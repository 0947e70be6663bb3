using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Retrieval;

/// <summary>Answers questions with cited evidence: of a datastore of this machine, or of one that a cluster holds.</summary>
internal interface IRetriever
{
    /// <summary>Finds the cited evidence for a query.</summary>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation);
}
