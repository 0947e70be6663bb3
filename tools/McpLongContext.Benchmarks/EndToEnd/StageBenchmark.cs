using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Ranking;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>
/// The processor time of a warm query by its stages, in this process, each with a snapshot of its own, and the time that
/// passes. Unlike the latter the former holds on a busy machine.
/// </summary>
internal static class StageBenchmark
{
    private const int QuestionCount = 100;
    private const int Rounds = 4;

    public static void Run(TextWriter output, string folder, string? only = null)
    {
        using var datastore = new DatastoreHome(folder).Open("default");
        var models = new ModelStore();
        var model = models.List().First(installed => installed.Name == models.Catalog.DefaultEncoder.Name);
        using var loaded = new LoadedEncoder(model, Precision.Int8);
        var encoder = new RetrievalEncoder(loaded);
        using var first = datastore.Snapshot();
        var index = first.Embeddings(encoder.Key)!;
        TokenCounter.Load();
        var paths = new DocumentPaths(Environment.CurrentDirectory);
        var questions = Questions.About([.. first.Documents.All.Select(document => document.Path)], QuestionCount);
        output.WriteLine(
            $"{questions.Count} questions, {index.Passages} passages, {first.Statistics().Encoders[0].Tokens} tokens"
        );

        EmbeddingEvidence Embed(DatastoreSnapshot snapshot, Question question) =>
            EmbeddingEvidence.Search(snapshot, PassageScope.All, question, encoder, index, CancellationToken.None);

        Dictionary<string, Action<DatastoreSnapshot, string, Question>> stages = new()
        {
            ["analyze"] = (_, text, _) => QueryAnalyzer.Analyze(text),
            ["lexical search"] = (snapshot, _, question) =>
                snapshot.Lexical.Search(
                    question.Terms.Select(term => new WeightedTerm(term)),
                    PassageScope.All,
                    1000,
                    new ColumnWeights()
                ),
            ["literals, named places"] = (snapshot, _, question) =>
                LiteralEvidence.Find(snapshot, PassageScope.All, question, CancellationToken.None),
            ["definitions"] = (snapshot, _, question) => DefinitionEvidence.Find(snapshot, PassageScope.All, question),
            ["encode the query"] = (_, text, _) => encoder.EncodeQuery(text),
            ["encode, scan"] = (snapshot, _, question) => Embed(snapshot, question),
            ["encode, scan, rescore 300"] = (snapshot, _, question) =>
            {
                var evidence = Embed(snapshot, question);
                evidence.Score([.. evidence.Best(150)], CancellationToken.None);
            },
            ["rank"] = (snapshot, _, question) =>
                new PassageRanker(snapshot, encoder, index, paths).Rank(
                    question,
                    PassageScope.All,
                    CancellationToken.None
                ),
            ["query"] = (snapshot, text, _) =>
                Retriever.Query(
                    snapshot,
                    new QueryRequest { Question = text },
                    encoder,
                    paths,
                    TimeProvider.System,
                    CancellationToken.None
                ),
        };
        List<(string Text, Question Question)> asked =
        [
            .. questions.Select(text => (text, QueryAnalyzer.Analyze(text))),
        ];
        foreach (var (name, stage) in stages.Where(stage => only is null || stage.Key == only))
        {
            Measure(datastore, stage, asked);
            var best = Enumerable
                .Range(0, Rounds)
                .Select(_ => Measure(datastore, stage, asked))
                .MinBy(one => one.Milliseconds);
            output.WriteLine(
                $"{name, -28} {best.Milliseconds, 8:F2} ms of CPU {best.Elapsed, 8:F2} ms {best.Kilobytes, 8:F0} KB allocated a query, at most {best.Dearest.Milliseconds, 6:F1} ms: {best.Dearest.Question}"
            );
        }
    }

    private static (
        double Milliseconds,
        double Elapsed,
        double Kilobytes,
        (double Milliseconds, string Question) Dearest
    ) Measure(
        Datastore datastore,
        Action<DatastoreSnapshot, string, Question> stage,
        List<(string Text, Question Question)> asked
    )
    {
        var start = Stopwatch.GetTimestamp();
        var (cpu, bytes) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
        var dearest = asked.Max(one =>
        {
            var before = Environment.CpuUsage.TotalTime;
            using var snapshot = datastore.Snapshot();
            stage(snapshot, one.Text, one.Question);
            return ((Environment.CpuUsage.TotalTime - before).TotalMilliseconds, one.Text);
        });
        var spent = Environment.CpuUsage.TotalTime - cpu;
        return (
            spent.TotalMilliseconds / asked.Count,
            Stopwatch.GetElapsedTime(start).TotalMilliseconds / asked.Count,
            (GC.GetTotalAllocatedBytes(precise: true) - bytes) / 1024.0 / asked.Count,
            dearest
        );
    }
}
