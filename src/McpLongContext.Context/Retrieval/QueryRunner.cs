using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>Brings datastore, encoder and retriever together for a question.</summary>
internal sealed class QueryRunner(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    QuestionPriority questions,
    DatastoreManager manager,
    DocumentPaths paths,
    TimeProvider time
)
{
    private readonly Retriever _retriever = new(paths, time);
    private RetrievalEncoder? _encoder;

    /// <inheritdoc cref="LongContextService.QueryAsync"/>
    public async Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation)
    {
        var datastore = datastores.Open(request.Datastore);
        using var running = questions.Announce();
        var encoder = await EncoderAsync(request.Datastore, cancellation);
        return await Task.Run(
            () =>
            {
                using var snapshot = datastore.Snapshot();
                return _retriever.Query(snapshot, request, encoder, cancellation);
            },
            cancellation
        );
    }

    /// <inheritdoc cref="LongContextService.RankAsync"/>
    public async Task<IReadOnlyList<Evidence>> RankAsync(
        string datastore,
        string question,
        string? document,
        int top,
        CancellationToken cancellation
    )
    {
        var store = datastores.Open(datastore);
        using var running = questions.Announce();
        var encoder = await EncoderAsync(datastore, cancellation);
        return await Task.Run<IReadOnlyList<Evidence>>(
            () =>
            {
                using var snapshot = store.Snapshot();
                var (scope, passages) = (PassageScope.All, (int)snapshot.Documents.PassageCount);
                if (document is not null)
                {
                    var only = manager.Find(snapshot, document) ?? throw manager.Unknown(snapshot, datastore, document);
                    (scope, passages) = (PassageScope.Of([only]), only.PassageCount);
                }

                var ranking = Retriever.Rank(snapshot, question, scope, passages, encoder, cancellation);
                var assembler = new EvidenceAssembler(snapshot.Passages, paths);
                return [.. ranking.Passages.Select(assembler.Show).OfType<Evidence>().Take(top)];
            },
            cancellation
        );
    }

    private async Task<RetrievalEncoder?> EncoderAsync(string datastore, CancellationToken cancellation)
    {
        var loaded = await encoders.FindAsync(cancellation);
        var encoder = _encoder;
        if (loaded is not null && encoder?.Model != loaded)
        {
            _encoder = encoder = new RetrievalEncoder(loaded);
        }

        return encoder?.Telling(datastores.DemandOf(datastore));
    }
}
