using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Kernels;

namespace McpLongContext.Storage.States;

/// <summary>The arithmetic of a state search, over the passages of one run.</summary>
internal static class StateScorer
{
    /// <summary>scores[p] = vector · pooled[p].</summary>
    public static void Pooled(PlacedRun run, ReadOnlySpan<float> vector, Span<float> scores) =>
        Int8Vectors.Dot(
            run.Segment.Pooled(run.FirstSlot, run.Passages),
            run.Segment.Scales(run.FirstSlot, run.Passages),
            vector,
            vector.Length,
            scores
        );

    /// <summary>
    /// scores[p] = sum over q of weight[q] * max over tokens t of p of signs(q) · signs(t) / dimensions.
    /// </summary>
    public static void Signs(PlacedRun run, StateQuery query, ReadOnlySpan<byte> signs, Span<float> scores)
    {
        SegmentReader segment = run.Segment;
        ReadOnlySpan<int> offsets = segment.Offsets(run.FirstSlot, run.Passages);
        short[] maxima = ArrayPool<short>.Shared.Rent(run.Passages * query.Tokens);
        Span<short> similar = maxima.AsSpan(0, run.Passages * query.Tokens);
        SignCodes.MaxSimilarity(
            segment.Signs(offsets[0], offsets[^1] - offsets[0]),
            signs,
            segment.Layout.SignBytes,
            offsets,
            similar
        );
        for (int p = 0; p < run.Passages; p++)
        {
            float score = 0;
            for (int q = 0; q < query.Tokens; q++)
            {
                score += query.Weights[q] * similar[(p * query.Tokens) + q];
            }

            scores[p] = offsets[p] == offsets[p + 1] ? float.NaN : score / segment.Layout.Dimensions;
        }

        ArrayPool<short>.Shared.Return(maxima);
    }

    /// <summary>scores[p] = sum over q of weight[q] * max over tokens t of p of (q · t), t restored from its codes.</summary>
    public static void Refined(
        PlacedRun run,
        StateQuery query,
        EncoderProfile encoder,
        StateCodec codec,
        Span<float> scores
    )
    {
        SegmentReader segment = run.Segment;
        ReadOnlySpan<int> offsets = segment.Offsets(run.FirstSlot, run.Passages);
        float[] state = ArrayPool<float>.Shared.Rent(codec.Dimensions);
        float[] best = ArrayPool<float>.Shared.Rent(query.Tokens);
        Span<float> centred = state.AsSpan(0, codec.Dimensions);
        for (int p = 0; p < scores.Length; p++)
        {
            best.AsSpan().Fill(float.NegativeInfinity);
            for (int t = offsets[p]; t < offsets[p + 1]; t++)
            {
                codec.Decode(segment.Signs(t, 1), segment.Refinement(t, 1), centred);
                for (int q = 0; q < query.Tokens; q++)
                {
                    best[q] = MathF.Max(best[q], TensorPrimitives.Dot(query.Token(q), centred));
                }
            }

            scores[p] = offsets[p] == offsets[p + 1] ? float.NaN : Sum(query, encoder, best);
        }

        ArrayPool<float>.Shared.Return(state);
        ArrayPool<float>.Shared.Return(best);
    }

    /// <summary>q · t = q · (t - mean) + q · mean; the second part is the same for every token.</summary>
    private static float Sum(StateQuery query, EncoderProfile encoder, ReadOnlySpan<float> best)
    {
        float score = 0;
        for (int q = 0; q < query.Tokens; q++)
        {
            score += query.Weights[q] * (best[q] + TensorPrimitives.Dot(query.Token(q), encoder.Mean.Span));
        }

        return score;
    }
}
