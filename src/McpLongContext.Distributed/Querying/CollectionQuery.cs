using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Commits;
using McpLongContext.Context.Retrieval.Highlights;

namespace McpLongContext.Distributed.Querying;

/// <summary>Answers a question from the shards of a datastore, with the evidence that one datastore would give.</summary>
internal sealed class CollectionQuery(DocumentPaths paths, TimeProvider time)
{
    /// <summary>Passages that are read at once: a page of the usual budget.</summary>
    private const int PassagesAtOnce = 48;

    private const string NoCommits =
        "A cluster stores no commits: ask the history of a repository on a machine that has it.";

    /// <summary>Answers a question.</summary>
    /// <param name="shards">The shards, each asked from its begin.</param>
    /// <param name="request">The request.</param>
    /// <param name="encoder">The encoder; <see langword="null"/>: lexical search only.</param>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    /// <exception cref="ShardFailedException">No copy of a shard answers.</exception>
    public async Task<QueryResult> RunAsync(ShardFanOut shards, QueryRequest request, RetrievalEncoder? encoder)
    {
        var start = time.GetTimestamp();
        Limits.Require("max_tokens", request.MaxTokens, Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens);
        if (request.TopK is { } topK)
        {
            Limits.Require("top_k", topK, 1, Limits.MaxTopK);
        }

        // A shard that refuses the pattern would be taken for one that has failed.
        _ = request.PathGlob is { } glob ? PathGlob.Parse(glob) : null;
        var analyzed = QueryAnalyzer.Analyze(request.Question);
        var signals = await new CollectionSearch(shards, request, analyzed, encoder).RunAsync();
        var cursor = Cursor.Of(request, unchecked((long)signals.Digest));
        var ranking = new CollectionRanking(shards, request, analyzed, paths, encodes: encoder is not null);
        var ranked = signals.InScope == 0 ? [] : await ranking.RankAsync(signals);
        var evidence = new CollectionEvidence(shards, ranking.Documents);
        var assembler = new EvidenceAssembler(evidence, paths, new Highlighter(evidence), ranking.Places);
        var page = await evidence.AssembleAsync(
            [.. ranked.Take(cursor.Offset + PassagesAtOnce).Select(passage => passage.Id)],
            cursor.Offset == 0 ? Highlighter.Pieces : 0,
            () => assembler.Choose(ranked, cursor.Offset, request.MaxTokens, request.TopK),
            assembler.Complete
        );
        var next = cursor with { Offset = cursor.Offset + page.Hits };
        TokenCounter.Prepare();
        return new QueryResult
        {
            Datastore = request.Datastore,
            Evidence = page.Evidence,
            Ranked = page.Ranked,
            NextCursor = next.Offset < ranked.Count ? next.ToString() : null,
            Tokens = page.Tokens,
            SearchedPassages = signals.InScope,
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
            Notes =
            [
                .. Notes(request, signals, ranked.Count, encoder),
                .. Retriever.LanguageNotes(request.Question, page.Evidence, encoder),
                .. page.IsCut ? [Retriever.CutNote] : Array.Empty<string>(),
                .. Damage(request.Datastore, [.. ranking.Damage, .. page.Damage]),
                .. HistoryQuestion.Of(request.Question) is null ? Array.Empty<string>() : [NoCommits],
            ],
        };
    }

    private static IEnumerable<string> Notes(
        QueryRequest request,
        CollectionSignals signals,
        int found,
        RetrievalEncoder? encoder
    ) =>
        signals.InScope > 0
            ? Retriever.Notes(request.Question, found, signals.InScope, signals.Covered, encoder)
            :
            [
                signals.Passages == 0
                    ? $"Datastore '{request.Datastore}' is empty: ingest a document first."
                    : $"No document of datastore '{request.Datastore}' matches path_glob '{request.PathGlob}'.",
            ];

    private static IEnumerable<string> Damage(string datastore, IReadOnlyCollection<string> damage) =>
        damage.Count == 0
            ? []
            :
            [
                .. damage.Take(3),
                $"A shard of datastore '{datastore}' is damaged; what is whole was searched. On its silo, stop the silo, "
                    + "run 'mcp-long-context datastores verify SHARD --repair --home HOME', and start it again.",
            ];
}
