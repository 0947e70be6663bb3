using System.Globalization;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// What storing states costs: a set's questions ranked by the program itself, once with the stored states and once with
/// states in fp32, from the same encoder and from the one in fp32; everything else is the same.
/// </summary>
internal static class StatesBenchmark
{
    private const string WholeCorpus = "*";
    private const int Top = 50;

    private static readonly (string Name, Func<GoldRanking, double> Of)[] s_scores =
    [
        ("MRR", ranking => ranking.ReciprocalRank),
        ("recall@5", ranking => ranking.RecallAt(5)),
        ("recall@1000w", ranking => ranking.RecallAtWords(1000)),
    ];

    /// <summary>Measures a datastore that <c>mcp-long-context eval --keep</c> made of a set.</summary>
    /// <param name="questions">The set; documents are named relative to its folder.</param>
    /// <param name="home">The home of the datastore.</param>
    /// <param name="name">The datastore.</param>
    /// <param name="output">Where the table goes.</param>
    public static void Run(string questions, string home, string name, TextWriter output)
    {
        using var datastore = new DatastoreHome(home).Open(name);
        JsonElement[] asked = [.. RetrievalScore.Asked(questions)];
        var paths = new DocumentPaths(Path.GetDirectoryName(Path.GetFullPath(questions))!);
        var models = new ModelStore();
        var model = models.List().First(installed => installed.Name == models.Catalog.DefaultEncoder.Name);
        using var int8 = new LoadedEncoder(model, Precision.Int8);
        using var fp32 = new LoadedEncoder(model, Precision.Float32);
        using var snapshot = datastore.Snapshot();
        var stored = snapshot.Embeddings(int8.Key)!;
        var bytes = snapshot.Statistics().Encoders.Single(encoder => encoder.Encoder == int8.Key);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{asked.Length} questions, {stored.Passages} passages, {bytes.Tokens} tokens; mean, and difference to the states as they are stored"
            )
        );
        output.WriteLine($"{"", -32}{string.Concat(s_scores.Select(score => $"{score.Name, 24}"))}");
        var ranked = Rank(int8, stored);
        Print("stored", ranked, ranked, output);
        Print("in fp32", Rank(int8, new ExactStates(datastore, int8)), ranked, output);
        Print("in fp32, the encoder in fp32", Rank(fp32, new ExactStates(datastore, fp32)), ranked, output);

        GoldRanking[] Rank(LoadedEncoder encoder, IEmbeddingSearch embeddings)
        {
            var ranker = new PassageRanker(snapshot, new RetrievalEncoder(encoder), embeddings);
            var assembler = new EvidenceAssembler(new SnapshotEvidence(snapshot), paths);
            var documents = snapshot.Documents.All.ToDictionary(document => paths.Show(document.Path));
            return
            [
                .. asked.Select(line => new GoldRanking(
                    RetrievalScore.Gold(line),
                    [
                        .. assembler
                            .Show(
                                ranker
                                    .Rank(
                                        QueryAnalyzer.Analyze(line.GetProperty("question").GetString()!),
                                        line.GetProperty("doc").GetString() is { } document && document != WholeCorpus
                                            ? PassageScope.Of([documents[document]])
                                            : PassageScope.All,
                                        CancellationToken.None
                                    )
                                    .Passages.Take(Top)
                            )
                            .Select(Span),
                    ]
                )),
            ];
        }
    }

    private static LineSpan Span(Evidence evidence) =>
        new(
            evidence.Path,
            evidence.StartLine,
            evidence.EndLine,
            evidence.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            TokenCounter.Count(evidence.Text),
            evidence.Score
        );

    private static void Print(string name, GoldRanking[] ranked, GoldRanking[] stored, TextWriter output)
    {
        var cells = s_scores.Select(score =>
        {
            double[] differences = [.. ranked.Zip(stored, (one, other) => 100 * (score.Of(one) - score.Of(other)))];
            var mean = differences.Average();
            var variance = differences.Average(difference => (difference - mean) * (difference - mean));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{100 * ranked.Average(score.Of), 8:0.0} ({Math.Round(mean, 1) + 0, 5:+0.0;-0.0} ± {Math.Sqrt(variance / ranked.Length):0.0})"
            );
        });
        output.WriteLine($"{name, -32}{string.Concat(cells.Select(cell => $"{cell, 24}"))}");
    }
}
