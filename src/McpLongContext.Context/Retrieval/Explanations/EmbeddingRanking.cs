using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval.Explanations;

/// <summary>Ranks single passages by one signal of the embeddings, without fusion and rules.</summary>
internal sealed class EmbeddingRanking(
    DatastoreSnapshot snapshot,
    RetrievalEncoder encoder,
    DocumentPaths paths,
    TimeProvider time
)
{
    private const int Candidates = 100;

    /// <summary>The passages that fit the budget, best first.</summary>
    /// <param name="request">The question.</param>
    /// <param name="signal">Passage embeddings or token embeddings.</param>
    /// <param name="stale">Paths of documents that are not searched, because their files have changed since.</param>
    /// <param name="cancellation">Ends the search.</param>
    public QueryResult Query(
        QueryRequest request,
        RankingSignal signal,
        IReadOnlySet<string> stale,
        CancellationToken cancellation
    )
    {
        var start = time.GetTimestamp();
        Limits.Require("max_tokens", request.MaxTokens, Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens);
        var (scope, _) = Retriever.ScopeOf(snapshot, request.PathGlob, paths, stale);
        var question = QueryAnalyzer.Analyze(request.Question);
        var index = snapshot.Embeddings(encoder.Key);
        var signals = EmbeddingEvidence.Search(snapshot, scope, question, encoder, index, cancellation);
        List<long> ids = [.. signals.Best(Candidates).Where(scope.Contains)];
        var (pooled, tokens) = signals.Score(ids, cancellation);
        var scores = signal == RankingSignal.PassageEmbedding ? pooled : tokens;
        var ranked = ids.Zip(scores).Where(hit => !double.IsNaN(hit.Second)).OrderByDescending(hit => hit.Second);
        var places = new PassagePlaces(snapshot.Documents, scope, question, paths);
        var page = new List<(StoredDocument Document, double Score, IReadOnlyList<Passage> Passages)>();
        var room = request.MaxTokens;
        foreach (var (id, score) in ranked.Take(request.TopK ?? Candidates))
        {
            if (!snapshot.Passages.TryGet(id, out var passage))
            {
                continue;
            }

            room -= TokenCounter.Count(passage.Text);
            if (room < 0 && page.Count > 0)
            {
                break;
            }

            page.Add((places.DocumentOf(id), score, [passage]));
        }

        var highlights = new Highlighter(new StatementScorer(snapshot, question, signals)).Mark(page);
        List<Evidence> evidence =
        [
            .. page.Zip(highlights, (one, marks) => Show(one.Document, one.Passages[0], one.Score, marks)),
        ];

        return new QueryResult
        {
            Datastore = request.Datastore,
            Evidence = evidence,
            Tokens = evidence.Sum(item => TokenCounter.Count(item.Text)),
            SearchedPassages = signals.CoveredPassages,
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
        };
    }

    private Evidence Show(StoredDocument document, Passage passage, double score, IReadOnlyList<Highlight> highlights)
    {
        var path = paths.Show(document.Path);
        var lines = (passage.StartLine, passage.EndLine);
        var citation = Citation.Of(document, path, passage.Context, passage.Context, lines);
        return new Evidence
        {
            Citation = citation.Text,
            Location = citation.Location,
            Path = path,
            StartLine = passage.StartLine,
            EndLine = passage.EndLine,
            Score = score,
            Context = citation.Context,
            Highlights = highlights,
            // A passage's lines count from its first one that is not blank.
            Text = passage.Text.Trim('\n', '\r').TrimEnd(),
        };
    }
}
