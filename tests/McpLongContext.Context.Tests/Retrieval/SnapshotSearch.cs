using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;
using McpLongContext.Storage;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Searches one state of a datastore, as <see cref="Retriever"/> does with the latest one.</summary>
internal sealed class SnapshotSearch(DocumentPaths paths, TimeProvider time)
{
    public QueryResult Query(
        DatastoreSnapshot snapshot,
        QueryRequest request,
        RetrievalEncoder? encoder,
        CancellationToken cancellation
    ) => Retriever.Query(snapshot, request, encoder, paths, time, cancellation);

    public RankingResult Rank(
        DatastoreSnapshot snapshot,
        QueryRequest request,
        RetrievalEncoder? encoder,
        CancellationToken cancellation
    ) => Retriever.Rank(snapshot, request, encoder, paths, cancellation);
}
