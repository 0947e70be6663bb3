using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Freshness;
using McpLongContext.Storage;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval.Explanations;

/// <summary>Says why evidence is ranked as it is: the scores of each signal, and which token met which.</summary>
internal sealed class QueryExplainer(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    FreshnessKeeper freshness,
    Retriever retriever,
    DocumentFinder finder,
    QueryPriority questions,
    DocumentPaths paths,
    TimeProvider time
)
{
    private const int LexicalHits = 1000;

    private RetrievalEncoder? _encoder;

    /// <summary>Finds the evidence for a question by a signal, and scores it by all.</summary>
    /// <param name="request">The question.</param>
    /// <param name="signal">The signal that ranks.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public async Task<QueryExplanation> ExplainAsync(
        QueryRequest request,
        RankingSignal signal,
        CancellationToken cancellation
    )
    {
        var result = await QueryAsync(request, signal, cancellation);
        var datastore = datastores.Open(request.Datastore);
        using var running = questions.Announce();
        var encoder = await EncoderAsync(cancellation);
        return await Task.Run(
            () =>
            {
                using var snapshot = datastore.Snapshot();
                return Explain(snapshot, request, result, encoder, cancellation);
            },
            cancellation
        );
    }

    /// <summary>Finds the evidence for a question by a signal.</summary>
    /// <inheritdoc cref="ExplainAsync"/>
    public async Task<QueryResult> QueryAsync(
        QueryRequest request,
        RankingSignal signal,
        CancellationToken cancellation
    )
    {
        if (signal == RankingSignal.Fused)
        {
            return await retriever.QueryAsync(request, cancellation);
        }

        var check = await freshness.EnsureAsync(request.Datastore, request.Question, differs: null, cancellation);
        var datastore = datastores.Open(request.Datastore);
        using var running = questions.Announce();
        var encoder = signal == RankingSignal.Lexical ? null : Required(await EncoderAsync(cancellation));
        var result = await Task.Run(
            () =>
            {
                using var snapshot = datastore.Snapshot();
                return encoder is null
                    ? Retriever.Query(snapshot, request, encoder: null, paths, time, cancellation, check.Stale)
                    : new EmbeddingRanking(snapshot, encoder, paths, time).Query(
                        request,
                        signal,
                        check.Stale,
                        cancellation
                    );
            },
            cancellation
        );
        return result with { Freshness = await check.CompleteAsync() };
    }

    /// <summary>
    /// The token alignment of a question and a passage. The passage is encoded anew, by itself: stored embeddings of
    /// prose were made in the light of its neighbors, too.
    /// </summary>
    /// <exception cref="ContextException">There is no such passage, or no encoder.</exception>
    public async Task<TokenAlignment> AlignAsync(
        string datastore,
        string question,
        long passage,
        CancellationToken cancellation
    )
    {
        var store = datastores.Open(datastore);
        using var running = questions.Announce();
        var encoder = Required(await EncoderAsync(cancellation));
        return await Task.Run(
            () =>
            {
                using var snapshot = store.Snapshot();
                return snapshot.Passages.TryGet(passage, out var found)
                    ? Alignment.Of(snapshot, QueryAnalyzer.Analyze(question), found, encoder, cancellation)
                    : throw new ContextException("passage: the datastore has changed; ask again.");
            },
            cancellation
        );
    }

    private QueryExplanation Explain(
        DatastoreSnapshot snapshot,
        QueryRequest request,
        QueryResult result,
        RetrievalEncoder? encoder,
        CancellationToken cancellation
    )
    {
        var question = QueryAnalyzer.Analyze(request.Question);
        List<(Evidence Evidence, IReadOnlyList<Passage> Passages)> found =
        [
            .. result.Evidence.Select(evidence => (evidence, PassagesOf(snapshot, evidence))),
        ];
        List<long> ids = [.. found.SelectMany(one => one.Passages).Select(passage => passage.Id).Distinct()];
        var documents = ids.Select(snapshot.Documents.OfPassage).DistinctBy(document => document.Id);
        var scope = PassageScope.Of(documents);
        var lexical = snapshot
            .Lexical.Search(
                question.Terms.Select(term => new WeightedTerm(term)),
                scope,
                LexicalHits,
                new ColumnWeights(),
                cancellation
            )
            .ToDictionary(hit => hit.Passage, hit => (double)hit.Score);
        var (pooled, tokens) = encoder is null
            ? (null, null)
            : EmbeddingEvidence
                .Search(snapshot, scope, question, encoder, snapshot.Embeddings(encoder.Key), cancellation)
                .Score(ids, cancellation);
        var scores = ids.Select((id, i) => (id, Pooled: pooled?[i], Tokens: tokens?[i])).ToDictionary(one => one.id);
        return new QueryExplanation
        {
            Evidence =
            [
                .. found.Select(one => new ExplainedEvidence(
                    one.Evidence,
                    [
                        .. one.Passages.Select(passage => new PassageScores(
                            passage.Id,
                            passage.StartLine,
                            passage.EndLine,
                            lexical.TryGetValue(passage.Id, out var score) ? score : null,
                            scores[passage.Id].Pooled,
                            scores[passage.Id].Tokens
                        )),
                    ]
                )),
            ],
            Tokens = result.Tokens,
            SearchedPassages = result.SearchedPassages,
            ElapsedMilliseconds = result.ElapsedMilliseconds,
            Notes = result.Notes,
        };
    }

    /// <summary>The passages whose lines a piece of evidence shows.</summary>
    private IReadOnlyList<Passage> PassagesOf(DatastoreSnapshot snapshot, Evidence evidence)
    {
        if (finder.Find(snapshot, evidence.Path) is not { } document)
        {
            return [];
        }

        // The first passage that ends in the lines or after them; passages are in the order of the text.
        var (low, high) = (document.FirstPassage, document.FirstPassage + document.PassageCount);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var isBefore = snapshot.Passages.TryGet(middle, out var one) && one.EndLine < evidence.StartLine;
            (low, high) = isBefore ? (middle + 1, high) : (low, middle);
        }

        return
        [
            .. snapshot
                .Passages.WholeBetween(low, document.FirstPassage + document.PassageCount - 1)
                .TakeWhile(passage => passage.StartLine <= evidence.EndLine),
        ];
    }

    private async Task<RetrievalEncoder?> EncoderAsync(CancellationToken cancellation)
    {
        var loaded = await encoders.FindAsync(cancellation);
        if (loaded is not null && _encoder?.Model != loaded)
        {
            _encoder = new RetrievalEncoder(loaded);
        }

        return loaded is null ? null : _encoder;
    }

    private static RetrievalEncoder Required(RetrievalEncoder? encoder) =>
        encoder
        ?? throw new ContextException(
            "signal: embeddings need an encoder, and none is installed; run `mcp-long-context models install`."
        );
}
