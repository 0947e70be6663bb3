using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // most of a first question's work
    public static void ByResidualCodes(PlacedRun run, LateInteractionQuery query, float mean, Span<float> scores)
    {
        var offsets = run.Segment.Offsets(run.FirstSlot, run.Passages);
        for (var p = 0; p < scores.Length; p++)
        {
            var tokens = offsets[p + 1] - offsets[p];
            scores[p] = tokens > 0 ? mean + ByResidualCodes(run.Segment, offsets[p], tokens, query) : float.NaN;
        }
    }

    /// <summary>As above, on a device; <see langword="null"/> where it fails, and for a query of no tokens.</summary>
    public static float[]? ByResidualCodes(
        IDeviceEmbeddings embeddings,
        int[] slots,
        EmbeddingProfile encoder,
        LateInteractionQuery query,
        float mean
    )
    {
        if (query.Tokens == 0)
        {
            return null;
        }

        var queries = new float[query.Tokens * encoder.Dimensions];
        for (var q = 0; q < query.Tokens; q++)
        {
            Stretched(query.Token(q), encoder).CopyTo(queries, q * encoder.Dimensions);
        }

        var scores = embeddings.ScoreResidualCodes(slots, queries, query.Weights.ToArray());
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
    public static float[] Similarities(PlacedRun passage, LateInteractionQuery query, ReadOnlySpan<float> mean)
    {
        var offsets = passage.Segment.Offsets(passage.FirstSlot, 1);
        var tokens = offsets[1] - offsets[0];
        var decoded = ArrayPool<float>.Shared.Rent(tokens * mean.Length);
        var embeddings = decoded.AsSpan(0, tokens * mean.Length);
        Decode(passage.Segment, offsets[0], embeddings);
        var similarities = query.Similarities(embeddings);
        ArrayPool<float>.Shared.Return(decoded);
        for (var q = 0; q < query.Tokens; q++)
        {
            var ofMean = TensorPrimitives.Dot(query.Token(q), mean);
            for (var i = q; i < similarities.Length; i += query.Tokens)
            {
                similarities[i] += ofMean;
            }
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

    /// <summary>The part of the tokens about the mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ByResidualCodes(
        EmbeddingSegment segment,
        int firstToken,
        int tokens,
        LateInteractionQuery query
    )
    {
        var codec = segment.Embeddings;
        var decoded = ArrayPool<float>.Shared.Rent(tokens * codec.Dimensions);
        var embeddings = decoded.AsSpan(0, tokens * codec.Dimensions);
        Decode(segment, firstToken, embeddings);
        var sum = query.MaxSimilarity(embeddings);
        ArrayPool<float>.Shared.Return(decoded);
        return sum;
    }

    /// <summary>Restores tokens from their codes, <c>[tokens, dimensions]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Decode(EmbeddingSegment segment, int firstToken, Span<float> embeddings)
    {
        var codec = segment.Embeddings;
        var tokens = embeddings.Length / codec.Dimensions;
        var binaryCodes = segment.BinaryCodesOf(firstToken, tokens);
        var residualCodes = segment.ResidualCodes(firstToken, tokens);
        for (var t = 0; t < tokens; t++)
        {
            codec.Decode(
                binaryCodes.Slice(t * codec.BinaryCodeBytes, codec.BinaryCodeBytes),
                residualCodes.Slice(t * codec.ResidualCodeBytes, codec.ResidualCodeBytes),
                embeddings.Slice(t * codec.Dimensions, codec.Dimensions)
            );
        }
    }
}
