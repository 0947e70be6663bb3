using McpLongContext.Benchmarks.EndToEnd;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.Search;

/// <summary>
/// What the scan of token embeddings may leave out, on the states of real texts: how many passages, nearest to the question
/// by their vectors, hold nearly all of the ten that an exact search ranks best.
/// </summary>
internal static class PruneBenchmark
{
    private const int QuestionCount = 100;
    private const int Candidates = 100;
    private const int Best = 10;
    private const double StopWordWeight = 1.6;

    /// <summary>Rankings by states, with the weights that queries give to vectors and tokens.</summary>
    private static readonly (string Name, double Vector, double Tokens)[] s_rankings =
    [
        ("tokens alone", 0, 1),
        ("both, as for text", 0.4, 0.4),
        ("both, as for code", 0.55, 0.2),
    ];

    private static readonly double[] s_shares = [0.9, 0.99, 0.999];

    /// <summary>Measures the default datastore of a home, and the first parts of it as smaller ones.</summary>
    public static void Run(TextWriter output, string home)
    {
        using var datastore = new DatastoreHome(home).Open("default");
        using var snapshot = datastore.Snapshot();
        var index = snapshot.Embeddings(snapshot.Statistics().Encoders.Single().Encoder)!;
        var model = new ModelStore().EnsureDefaultEncoderAsync().GetAwaiter().GetResult();
        using var encoder = BertEncoder.Load(model, Precision.Int8);
        var worker = new PassageEncoder(encoder, new ChunkSettings());
        var documents = snapshot.Documents.All.Where(document => index.Covers(document.FirstPassage)).ToList();
        var questions = Questions
            .About([.. documents.Select(document => document.Path)], QuestionCount)
            .ConvertAll(question => Encode(question, worker, encoder, snapshot));
        output.WriteLine($"{questions.Count} questions; nearest passages that hold a share of the best {Best}");
        output.WriteLine(
            $"{"passages", 10}  {"best by", -20}{string.Concat(s_shares.Select(share => $"{share, 10:P1}"))}"
        );
        foreach (var share in (int[])[16, 8, 4, 2, 1])
        {
            Report(output, index, PassageScope.Of(documents.Take(documents.Count / share)), questions);
        }
    }

    private static void Report(TextWriter output, EmbeddingIndex index, PassageScope scope, List<EncodedText> questions)
    {
        var ranks = s_rankings.Select(_ => new List<int>()).ToList();
        var passages = 0;
        foreach (var question in questions)
        {
            var nearest = index.ScorePooled(question.Pooled, scope);
            var scores = nearest.ToDictionary(score => score.Passage, score => score.Score);
            passages = scores.Count;
            var binaryCodes = index.ScoreTokens(question.Query, scope);
            List<long> candidates = [.. Top(binaryCodes).Concat(Top(nearest)).Distinct()];
            var tokens = Standardize(index.Rescore(question.Query, candidates));
            var vectors = Standardize([.. candidates.Select(passage => scores[passage])]);
            foreach (var (ranking, found) in s_rankings.Zip(ranks))
            {
                var best = candidates
                    .Select((passage, i) => (passage, (ranking.Vector * vectors[i]) + (ranking.Tokens * tokens[i])))
                    .OrderByDescending(scored => scored.Item2)
                    .Take(Best);
                found.AddRange(best.Select(scored => scores.Values.Count(other => other >= scores[scored.passage])));
            }
        }

        foreach (var (ranking, found) in s_rankings.Zip(ranks))
        {
            found.Sort();
            var needed = s_shares.Select(share => $"{found[(int)Math.Ceiling(share * found.Count) - 1], 10}");
            output.WriteLine($"{passages, 10}  {ranking.Name, -20}{string.Concat(needed)}");
        }
    }

    private static IEnumerable<long> Top(ScoredPassage[] scores) =>
        scores.OrderByDescending(score => score.Score).Take(Candidates).Select(score => score.Passage);

    private static double[] Standardize(float[] scores)
    {
        var mean = scores.Average();
        var deviation = Math.Sqrt(scores.Average(score => (score - mean) * (score - mean)));
        return [.. scores.Select(score => (score - mean) / deviation)];
    }

    private static EncodedText Encode(
        string text,
        PassageEncoder worker,
        BertEncoder encoder,
        DatastoreSnapshot snapshot
    )
    {
        var question = worker.EncodeQuery(text);
        var weights = new List<float>();
        foreach (var (word, pieces) in Words(question.Tokens, encoder))
        {
            var weight = TermAnalyzer.Terms(word) is [var term, ..]
                ? snapshot.Lexical.InverseDocumentFrequency(term)
                : StopWordWeight;
            weights.AddRange(Enumerable.Repeat((float)(weight / Math.Sqrt(pieces)), pieces));
        }

        return new EncodedText(new LateInteractionQuery(question.Embeddings, weights.ToArray()), question.Pooled);
    }

    private static List<(string Word, int Pieces)> Words(int[] tokens, BertEncoder encoder)
    {
        var words = new List<(string Word, int Pieces)>();
        foreach (var piece in tokens.Select(encoder.Tokenizer.TokenText))
        {
            if (words.Count > 0 && piece.StartsWith("##", StringComparison.Ordinal))
            {
                words[^1] = (words[^1].Word + piece[2..], words[^1].Pieces + 1);
            }
            else
            {
                words.Add((piece, 1));
            }
        }

        return words;
    }

    private sealed record EncodedText(LateInteractionQuery Query, float[] Pooled);
}
