using System.Buffers;
using System.Numerics.Tensors;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Search;
using McpLongContext.Storage.Telemetry;

namespace McpLongContext.Storage.Embeddings;

/// <summary>The arithmetic of an embedding search, over the passages of one run.</summary>
internal static class EmbeddingScorer
{
    /// <summary>scores[p] = vector · pooled[p].</summary>
    public static void Pooled(PlacedRun run, ReadOnlySpan<float> vector, Span<float> scores)
    {
        run.Segment.Vectors.Dot(
            run.Segment.Pooled(run.FirstSlot, run.Passages),
            run.Segment.Scales(run.FirstSlot, run.Passages),
            vector,
            scores
        );
        StorageMeter.ScannedPassages.Add(run.Passages);
    }

    /// <summary>As above, on a device; <see langword="null"/> where it fails.</summary>
    public static float[]? Pooled(
        IDeviceEmbeddings embeddings,
        int[] slots,
        EmbeddingProfile encoder,
        ReadOnlySpan<float> vector
    )
    {
        // q · (mean + scale * deviation * levels) = q · mean + scale * (q * deviation) · levels
        var scores = embeddings.ScorePassages(slots, Stretched(vector, encoder));
        if (scores is not null)
        {
            TensorPrimitives.Add(scores, TensorPrimitives.Dot(vector, encoder.Mean.Span), scores);
            StorageMeter.ScannedPassages.Add(slots.Length);
        }

        return scores;
    }

    /// <summary>
    /// scores[p] = sum over q of weight[q] * max over tokens t of p of code(q) · code(t) / dimensions, binary codes
    /// read as ±1.
    /// </summary>
    public static void BinaryCodesOf(
        PlacedRun run,
        LateInteractionQuery query,
        ReadOnlySpan<byte> binaryCodes,
        Span<float> scores
    )
    {
        var segment = run.Segment;
        var offsets = segment.Offsets(run.FirstSlot, run.Passages);
        var maxima = ArrayPool<short>.Shared.Rent(run.Passages * query.Tokens);
        var similar = maxima.AsSpan(0, run.Passages * query.Tokens);
        BinaryCodes.MaxSimilarity(
            segment.BinaryCodesOf(offsets[0], offsets[^1] - offsets[0]),
            binaryCodes,
            segment.Layout.BinaryCodeBytes,
            offsets,
            similar
        );
        StorageMeter.ScannedTokens.Add(offsets[^1] - offsets[0]);
        for (var p = 0; p < run.Passages; p++)
        {
            float score = 0;
            for (var q = 0; q < query.Tokens; q++)
            {
                score += query.Weights[q] * similar[(p * query.Tokens) + q];
            }

            scores[p] = offsets[p] == offsets[p + 1] ? float.NaN : score / segment.Layout.Dimensions;
        }

        ArrayPool<short>.Shared.Return(maxima);
    }

    /// <summary>As above, on a device; <see langword="null"/> where it fails, and for a query of no tokens.</summary>
    public static float[]? BinaryCodesOf(
        IDeviceEmbeddings embeddings,
        int[] slots,
        LateInteractionQuery query,
        byte[] binaryCodes
    ) => query.Tokens == 0 ? null : embeddings.ScoreBinaryCodes(slots, binaryCodes, query.Weights.ToArray());

    /// <summary>
    /// scores[p] = sum over q of weight[q] * max over tokens t of p of (q · t), t restored from its codes and
    /// <paramref name="mean"/>, the part of <see cref="OfMean"/>.
    /// </summary>
    /// <param name="run">The passages.</param>
    /// <param name="queries">The query's tokens.</param>
    /// <param name="weights">How much each counts, <c>[tokens]</c>.</param>
    /// <param name="mean">The part of the mean.</param>
    /// <param name="scores">[passages].</param>
    public static void ByResidualCodes(
        PlacedRun run,
        TwoBitQueries queries,
        ReadOnlySpan<float> weights,
        float mean,
        Span<float> scores
    )
    {
        var offsets = run.Segment.Offsets(run.FirstSlot, run.Passages);
        var rented = ArrayPool<float>.Shared.Rent(queries.Count);
        var maxima = rented.AsSpan(0, queries.Count);
        for (var p = 0; p < scores.Length; p++)
        {
            var tokens = offsets[p + 1] - offsets[p];
            scores[p] = float.NaN;
            if (tokens > 0)
            {
                MaxProduct(run.Segment, offsets[p], ScalesOf(run.Segment, offsets[p], tokens), queries, maxima);
                scores[p] = mean + TensorPrimitives.Dot(weights, maxima);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>As above, on a device; <see langword="null"/> where it fails, and for a query of no tokens.</summary>
    public static float[]? ByResidualCodes(
        IDeviceEmbeddings embeddings,
        int[] slots,
        TwoBitQueries queries,
        ReadOnlySpan<float> weights,
        float mean
    )
    {
        var scores =
            queries.Count == 0 ? null : embeddings.ScoreResidualCodes(slots, queries.Dequantize(), weights.ToArray());
        if (scores is not null)
        {
            TensorPrimitives.Add(scores, mean, scores);
        }

        return scores;
    }

    /// <summary>
    /// q · t = q · (t - mean) + q · mean; the second part, weighted and summed, is the same for every token.
    /// </summary>
    public static float OfMean(LateInteractionQuery query, ReadOnlySpan<float> mean)
    {
        float sum = 0;
        for (var q = 0; q < query.Tokens; q++)
        {
            sum += query.Weights[q] * TensorPrimitives.Dot(query.Token(q), mean);
        }

        return sum;
    }

    /// <summary>similarities[t, q] = q · t for every token t of a single passage, restored from its codes.</summary>
    public static float[] Similarities(PlacedRun passage, LateInteractionQuery query, EmbeddingProfile encoder)
    {
        var segment = passage.Segment;
        var offsets = segment.Offsets(passage.FirstSlot, 1);
        var queries = query.QuantizedFor(encoder);
        var ofMean = new float[query.Tokens];
        for (var q = 0; q < ofMean.Length; q++)
        {
            ofMean[q] = TensorPrimitives.Dot(query.Token(q), encoder.Mean.Span);
        }

        var tokens = offsets[1] - offsets[0];
        var scales = ScalesOf(segment, offsets[0], tokens);
        var similarities = new float[tokens * query.Tokens];
        for (var t = 0; t < tokens; t++)
        {
            var ofToken = similarities.AsSpan(t * query.Tokens, query.Tokens);
            MaxProduct(segment, offsets[0] + t, scales.AsSpan(t, 1), queries, ofToken);
            TensorPrimitives.Add(ofToken, ofMean, ofToken);
        }

        return similarities;
    }

    /// <summary>A query by the deviations that levels are in units of.</summary>
    private static float[] Stretched(ReadOnlySpan<float> query, EmbeddingProfile encoder)
    {
        var stretched = new float[query.Length];
        TensorPrimitives.Multiply(query, encoder.Deviation.Span, stretched);
        return stretched;
    }

    /// <summary>maxima[q] = max over tokens t of q · (t - mean).</summary>
    private static void MaxProduct(
        EmbeddingSegment segment,
        int firstToken,
        ReadOnlySpan<float> scales,
        TwoBitQueries queries,
        Span<float> maxima
    ) =>
        TwoBitCodes.MaxProduct(
            segment.BinaryCodesOf(firstToken, scales.Length),
            segment.ResidualCodes(firstToken, scales.Length),
            segment.Embeddings.ResidualCodeBytes,
            scales,
            queries,
            maxima
        );

    /// <summary>The scales of tokens, <c>[tokens]</c>.</summary>
    private static float[] ScalesOf(EmbeddingSegment segment, int firstToken, int tokens)
    {
        var residualCodes = segment.ResidualCodes(firstToken, tokens);
        var stride = segment.Embeddings.ResidualCodeBytes;
        var scales = new float[tokens];
        for (var t = 0; t < tokens; t++)
        {
            scales[t] = segment.Embeddings.Scale(residualCodes.Slice(t * stride, stride));
        }

        return scales;
    }
}
