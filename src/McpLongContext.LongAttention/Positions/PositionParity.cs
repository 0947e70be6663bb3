using System.Numerics.Tensors;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.Positions;

/// <summary>
/// How far other positions move what a model computes from a short text, which it reads with the trained ones as well.
/// </summary>
/// <param name="Tokens">Tokens of the text.</param>
/// <param name="LargestChange">The largest change of a logit (decoder) or of an element of a hidden state
/// (encoder).</param>
public sealed record PositionParity(int Tokens, double LargestChange)
{
    /// <summary>The longest text, in tokens.</summary>
    public const int MaxTokens = 128;

    /// <summary>Perplexity of the text with the trained positions; null for an encoder.</summary>
    public double? TrainedPerplexity { get; init; }

    /// <summary>Perplexity of the text with the new positions; null for an encoder.</summary>
    public double? Perplexity { get; init; }

    /// <summary>
    /// Mean Kullback-Leibler divergence of the predicted tokens, trained from new, in nats; null for an encoder.
    /// </summary>
    public double? Divergence { get; init; }

    /// <summary>
    /// Share of the tokens after which the likeliest next one is still the same; null for an encoder.
    /// </summary>
    public double? SameChoices { get; init; }

    /// <summary>Cosine of the mean states with the trained and the new positions; null for a decoder.</summary>
    public double? Similarity { get; init; }

    /// <summary>Compares two decoders.</summary>
    /// <param name="trained">The model as it was trained.</param>
    /// <param name="expanded">The same with other positions.</param>
    /// <param name="tokens">The text, 2 to <see cref="MaxTokens"/> tokens, not longer than the trained window.</param>
    /// <param name="cancellation">Ends the work between the models.</param>
    public static PositionParity Measure(
        Decoder trained,
        Decoder expanded,
        ReadOnlySpan<int> tokens,
        CancellationToken cancellation = default
    )
    {
        var (before, after) = (Logits(trained, tokens, cancellation), Logits(expanded, tokens, cancellation));
        return Compare(before, after, trained.Config.VocabularySize, tokens);
    }

    /// <summary>Compares two bit models.</summary>
    /// <param name="trained">The model as it was trained.</param>
    /// <param name="expanded">The same with other positions.</param>
    /// <param name="bits">2 bits or more, not more than the trained window.</param>
    public static PositionParity Measure(BitTransformer trained, BitTransformer expanded, ReadOnlySpan<byte> bits)
    {
        var tokens = new int[bits.Length];
        for (var i = 0; i < bits.Length; i++)
        {
            tokens[i] = bits[i];
        }

        var (before, after) = (new float[2 * bits.Length], new float[2 * bits.Length]);
        trained.CreateSession().Forward(bits, place: 0, before);
        expanded.CreateSession().Forward(bits, place: 0, after);
        return Compare(before, after, vocabulary: 2, tokens);
    }

    private static PositionParity Compare(float[] before, float[] after, int vocabulary, ReadOnlySpan<int> tokens)
    {
        double nllBefore = 0;
        double nllAfter = 0;
        double divergence = 0;
        var same = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            var old = LogProbabilities(before.AsSpan(i * vocabulary, vocabulary));
            var now = LogProbabilities(after.AsSpan(i * vocabulary, vocabulary));
            same += TensorPrimitives.IndexOfMax<double>(old) == TensorPrimitives.IndexOfMax<double>(now) ? 1 : 0;
            divergence += Divergence(old, now);
            if (i + 1 < tokens.Length)
            {
                nllBefore -= old[tokens[i + 1]];
                nllAfter -= now[tokens[i + 1]];
            }
        }

        return new PositionParity(tokens.Length, LargestDifference(before, after))
        {
            TrainedPerplexity = Math.Exp(nllBefore / (tokens.Length - 1)),
            Perplexity = Math.Exp(nllAfter / (tokens.Length - 1)),
            Divergence = divergence / tokens.Length,
            SameChoices = (double)same / tokens.Length,
        };

        static double Divergence(double[] old, double[] now)
        {
            double sum = 0;
            for (var token = 0; token < old.Length; token++)
            {
                sum += Math.Exp(old[token]) * (old[token] - now[token]);
            }

            return Math.Max(sum, 0);
        }
    }

    /// <summary>Compares two encoders.</summary>
    /// <param name="trained">The encoder as it was trained.</param>
    /// <param name="expanded">The same with other positions.</param>
    /// <param name="text">1 token to as many as the trained window takes, without special ones.</param>
    public static PositionParity Measure(BertEncoder trained, BertEncoder expanded, ReadOnlySpan<int> text)
    {
        var tokens = new List<int>();
        trained.AppendSequence(text, tokens);
        var (before, after) = (Embeddings(trained), Embeddings(expanded));
        var hidden = trained.Config.HiddenSize;
        var (old, now) = (new float[hidden], new float[hidden]);
        Pooling.MeanNormalized(before, old);
        Pooling.MeanNormalized(after, now);
        return new PositionParity(tokens.Count, LargestDifference(before, after))
        {
            // Of two equal vectors, rounding may make it a little more than 1.
            Similarity = Math.Min(TensorPrimitives.CosineSimilarity(old, now), 1),
        };

        float[] Embeddings(BertEncoder encoder)
        {
            var states = new float[tokens.Count * encoder.Config.HiddenSize];
            encoder.CreateSession().Encode([.. tokens], [tokens.Count], states);
            return states;
        }
    }

    private static float[] Logits(Decoder model, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        using var session = model.CreateSession();
        var states = new float[tokens.Length * model.Config.HiddenSize];
        var logits = new float[tokens.Length * model.Config.VocabularySize];
        session.Forward(tokens, states, cancellation);
        session.Logits(states, logits);
        return logits;
    }

    /// <summary>log softmax, in double precision.</summary>
    private static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        var values = new double[logits.Length];
        TensorPrimitives.ConvertTruncating(logits, values);
        var most = TensorPrimitives.Max<double>(values);
        double sum = 0;
        foreach (var value in values)
        {
            sum += Math.Exp(value - most);
        }

        TensorPrimitives.Subtract(values, most + Math.Log(sum), values);
        return values;
    }

    private static double LargestDifference(float[] before, float[] after)
    {
        var difference = new float[before.Length];
        TensorPrimitives.Subtract(before, after, difference);
        return Math.Abs(TensorPrimitives.MaxMagnitude<float>(difference));
    }
}
