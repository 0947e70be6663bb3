using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval.Explanations;

/// <summary>Ranks single passages by one signal of the embeddings, without fusion and rules.</summary>
internal sealed class EmbeddingRanking(
    DatastoreSnapshot snapshot,
    RetrievalEncoder encoder,
    DocumentPaths paths,
    TimeProvider time
)
{
    private const int CharactersPerToken = 4;
    private const int Candidates = 100;

    /// <summary>The passages that fit the budget, best first.</summary>
    /// <param name="request">The question.</param>
    /// <param name="signal">Passage embeddings or token embeddings.</param>
    /// <param name="cancellation">Ends the search.</param>
    public QueryResult Query(QueryRequest request, RankingSignal signal, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        Limits.Require("max_tokens", request.MaxTokens, Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens);
        var documents = request.PathGlob is { } glob ? PathGlob.Select(glob, snapshot.Documents.All, paths) : null;
        var scope = documents is null ? PassageScope.All : PassageScope.Of(documents);
        var question = QueryAnalyzer.Analyze(request.Question);
        var index = snapshot.Embeddings(encoder.Key);
        var signals = EmbeddingEvidence.Search(snapshot, scope, question, encoder, index, cancellation);
        List<long> ids = [.. signals.Best(Candidates).Where(scope.Contains)];
        var (pooled, tokens) = signals.Score(ids, cancellation);
        var scores = signal == RankingSignal.PassageEmbedding ? pooled : tokens;
        var ranked = ids.Zip(scores).Where(hit => !double.IsNaN(hit.Second)).OrderByDescending(hit => hit.Second);
        var evidence = new List<Evidence>();
        var room = request.MaxTokens * CharactersPerToken;
        foreach (var (id, score) in ranked.Take(request.TopK ?? Candidates))
        {
            if (!snapshot.Passages.TryGet(id, out var passage))
            {
                continue;
            }

            room -= passage.Text.Length;
            if (room < 0 && evidence.Count > 0)
            {
                break;
            }

            evidence.Add(Show(passage, score));
        }

        return new QueryResult
        {
            Datastore = request.Datastore,
            Evidence = evidence,
            Tokens = evidence.Sum(item => item.Text.Length) / CharactersPerToken,
            SearchedPassages = signals.CoveredPassages,
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
        };
    }

    private Evidence Show(Passage passage, double score)
    {
        var document = snapshot.Documents.OfPassage(passage.Id);
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
            // A passage's lines count from its first one that is not blank.
            Text = passage.Text.Trim('\n', '\r').TrimEnd(),
        };
    }
}
