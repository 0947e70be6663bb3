using System.Numerics.Tensors;
using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Training.Encoders.Pairs;

namespace McpLongContext.Training.Encoders;

/// <summary>
/// The mean reciprocal rank of held-out passages among others of their source, by each signal of search, with the
/// product's encoder.
/// </summary>
/// <param name="sources">Where the pairs come from.</param>
/// <param name="rarity">Weighs the tokens of a question, a source each.</param>
/// <param name="settings">How much is measured.</param>
/// <param name="threads">Threads that encode.</param>
internal sealed class HeldOutRanking(
    IReadOnlyList<PairSource> sources,
    IReadOnlyList<TokenRarity> rarity,
    EncoderSettings settings,
    int threads
)
{
    /// <summary>The name of the measurement by token embeddings.</summary>
    public const string LateInteraction = "MRR, late interaction";

    /// <summary>The name of the measurement by passage embeddings.</summary>
    public const string PassageEmbeddings = "MRR, passage embeddings";

    /// <summary>Measures an encoder.</summary>
    /// <param name="encoder">The encoder with the adapter.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public IReadOnlyDictionary<string, double> Run(BertEncoder encoder, CancellationToken cancellation)
    {
        var ranks = sources.Select((source, i) => Of(encoder, source, rarity[i], cancellation)).ToList();
        return new Dictionary<string, double>
        {
            [LateInteraction] = ranks.Average(one => one.Tokens),
            [PassageEmbeddings] = ranks.Average(one => one.Pooled),
        };
    }

    private (double Tokens, double Pooled) Of(
        BertEncoder encoder,
        PairSource source,
        TokenRarity weights,
        CancellationToken cancellation
    )
    {
        TextPair[] asked = [.. source.HeldOut.Take(settings.HeldOutQuestions)];
        TextPair[] others =
        [
            .. asked,
            .. source.HeldOut.Skip(asked.Length).Concat(source.Training).Take(settings.HeldOutPassages - asked.Length),
        ];
        var passages = Map(
            encoder,
            others,
            (worker, pair) => worker.Encode([pair.Passage], [pair.Header], 0, cancellation),
            cancellation
        );
        var questions = Map(encoder, asked, (worker, pair) => worker.EncodeQuery(pair.Question), cancellation);
        var (tokens, pooled) = (0.0, 0.0);
        foreach (var (own, question) in questions.Index())
        {
            var query = new LateInteractionQuery(question.Embeddings, [.. question.Tokens.Select(weights.Of)]);
            tokens += 1.0 / RankOf(own, passages, passage => ScoreOf(query, passage));
            pooled +=
                1.0 / RankOf(own, passages, passage => TensorPrimitives.Dot<float>(question.Pooled, passage.Pooled));
        }

        return (tokens / asked.Length, pooled / asked.Length);
    }

    private static float ScoreOf(LateInteractionQuery query, EncodedPassages passage) =>
        passage.Embeddings.Length == 0 ? float.NegativeInfinity : query.MaxSimilarity(passage.Embeddings);

    /// <summary>From 1; equal scores of others count as better, and so does a score that is no number.</summary>
    private static int RankOf(int own, EncodedPassages[] passages, Func<EncodedPassages, float> score)
    {
        var best = score(passages[own]);
        return 1 + passages.Where((passage, i) => i != own && !(score(passage) < best)).Count();
    }

    private TResult[] Map<TResult>(
        BertEncoder encoder,
        TextPair[] pairs,
        Func<PassageEncoder, TextPair, TResult> encode,
        CancellationToken cancellation
    )
    {
        var results = new TResult[pairs.Length];
        Parallel.For(
            0,
            pairs.Length,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => new PassageEncoder(encoder, new ChunkSettings()),
            (i, _, worker) =>
            {
                results[i] = encode(worker, pairs[i]);
                return worker;
            },
            _ => { }
        );
        return results;
    }
}
