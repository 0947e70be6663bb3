using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Storage.Tests.Keys;

/// <summary>Keys of random numbers, and tokens that tell where they were put.</summary>
internal static class KeySamples
{
    public const int Planes = 2;

    /// <summary>No multiple of 64, as the heads of some models are.</summary>
    public const int Width = 24;

    public static EmbeddingProfile Profile(string key = "decoder;layer 8;head 1") =>
        EmbeddingProfile.OfKeys(key, Width);

    /// <summary>Stores keys of passages with so many tokens each, in one segment.</summary>
    public static (int[] Ids, KeyBuffer Keys) Encode(
        Datastore datastore,
        EmbeddingProfile profile,
        ContentKey content,
        int[] tokenCounts,
        int seed,
        int firstOrdinal = 0
    )
    {
        var writer = datastore.WriteKeys(profile, Planes);
        var (ids, keys) = Add(writer, content, tokenCounts, seed, firstOrdinal);
        writer.Publish();
        return (ids, keys);
    }

    public static (int[] Ids, KeyBuffer Keys) Add(
        KeyWriter writer,
        ContentKey content,
        int[] tokenCounts,
        int seed,
        int firstOrdinal = 0
    )
    {
        var tokens = tokenCounts.Sum();
        var keys = new KeyBuffer(writer.Shape);
        for (var plane = 0; plane < writer.Shape.Planes; plane++)
        {
            keys.Append(plane, Vectors(seed, plane, tokens, writer.Shape.Dimensions));
        }

        int[] ids = [.. Enumerable.Range(0, tokens).Select(i => (seed * 10_000) + i)];
        writer.Add(content, firstOrdinal, tokenCounts, ids, keys);
        return (ids, keys);
    }

    public static float[] Vectors(int seed, int plane, int tokens, int width = Width)
    {
        var random = new Random((seed * 100) + plane);
        return [.. Enumerable.Range(0, tokens * width).Select(_ => (random.NextSingle() * 8) - 4)];
    }

    /// <summary>All tokens of a document.</summary>
    public static int[] Ids(KeyedDocument document) =>
        [.. document.Blocks.SelectMany(block => block.Ids(0, block.Tokens).ToArray())];

    /// <summary>All codes of a plane of a document.</summary>
    public static sbyte[] Codes(KeyedDocument document, int plane) =>
        [.. document.Blocks.SelectMany(block => block.Codes(plane, 0, block.Tokens).ToArray())];
}
