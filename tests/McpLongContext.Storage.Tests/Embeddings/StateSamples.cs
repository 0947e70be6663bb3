using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Tests.Embeddings;

/// <summary>Random embeddings of a small width, and the exact answers that a search over them should come near.</summary>
internal static class StateSamples
{
    public const int Width = 128;

    public static EmbeddingProfile Profile(string key = "test-encoder") =>
        new()
        {
            Key = key,
            Mean = Enumerable.Range(0, Width).Select(i => 0.3f * MathF.Sin(i)).ToArray(),
            Deviation = Enumerable.Range(0, Width).Select(i => 0.5f + (0.4f * MathF.Cos(i))).ToArray(),
        };

    /// <summary>Gaussian embeddings with the profile's mean and deviation, <c>[count, Width]</c>.</summary>
    public static float[] Random(EmbeddingProfile profile, int count, int seed)
    {
        var random = new Random(seed);
        var embeddings = new float[count * Width];
        for (var i = 0; i < embeddings.Length; i++)
        {
            var gauss = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            embeddings[i] = profile.Mean.Span[i % Width] + (profile.Deviation.Span[i % Width] * (float)gauss);
        }

        return embeddings;
    }

    /// <summary>Stores random embeddings for every passage of a document, so many tokens each; returns them.</summary>
    public static float[] Encode(
        Datastore datastore,
        EmbeddingProfile profile,
        ContentKey content,
        int passages,
        int tokensPerPassage,
        int seed
    )
    {
        var tokens = Random(profile, passages * tokensPerPassage, seed);
        var writer = datastore.WriteEmbeddings(profile);
        writer.Add(
            content,
            0,
            Enumerable.Repeat(tokensPerPassage, passages).ToArray(),
            tokens,
            Random(profile, passages, seed + 1)
        );
        writer.Publish();
        return tokens;
    }

    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (var i = 0; i < left.Length; i++)
        {
            sum += (double)left[i] * right[i];
        }

        return (float)sum;
    }

    /// <summary>Pearson's coefficient.</summary>
    public static float Correlation(float[] left, float[] right)
    {
        var x = left.Select(value => value - left.Average()).ToArray();
        var y = right.Select(value => value - right.Average()).ToArray();
        return Dot(x, y) / MathF.Sqrt(Dot(x, x) * Dot(y, y));
    }
}
