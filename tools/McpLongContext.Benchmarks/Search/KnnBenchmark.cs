using System.Diagnostics;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Retrieval;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.Search;

/// <summary>
/// The search over stored token embeddings alone: embeddings of passages, binary codes of tokens, and the best 300 passages
/// again from their residual codes. The embeddings are random; a scan takes no notice of what it scans.
/// </summary>
internal static class KnnBenchmark
{
    private const int Dimensions = 384;
    private const int TokensPerPassage = 64;
    private const int PassagesPerDocument = 64;
    private const int QueryTokens = 12;
    private const int Rescored = 300;

    /// <summary>As many passages a query's scan of binary codes has at most; here they are some of all, at random.</summary>
    private const int MostScanned = EmbeddingEvidence.MostTokenPassages;

    private const int Queries = 100;

    public static void Run(TextWriter output, int millions)
    {
        var folder = Directory.CreateTempSubdirectory("knn").FullName;
        try
        {
            using var datastore = new DatastoreHome(folder).OpenOrCreate("knn");
            var profile = new EmbeddingProfile
            {
                Key = "random",
                Mean = new float[Dimensions],
                Deviation = Enumerable.Repeat(1 / MathF.Sqrt(Dimensions), Dimensions).ToArray(),
            };
            var documents = millions * 1_000_000 / (TokensPerPassage * PassagesPerDocument);
            var pool = RandomStates(8192);
            Fill(datastore, profile, pool, documents);
            using var snapshot = datastore.Snapshot();
            Measure(output, snapshot.Embeddings(profile.Key)!, pool);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(TextWriter output, EmbeddingIndex index, float[] pool)
    {
        var random = new Random(7);
        var candidates = Enumerable.Range(0, Rescored).Select(_ => 1 + random.NextInt64(index.Passages)).ToArray();
        var scanned = Scanned(index.Passages, random);
        var steps = new Dictionary<string, Action<LateInteractionQuery>>(StringComparer.Ordinal)
        {
            ["embeddings of passages"] = _ => index.ScorePooled(pool.AsSpan(0, Dimensions), PassageScope.All),
            [$"binary codes of {scanned.Length} passages"] = query => index.ScoreTokens(query, scanned),
            ["residual codes of 300 passages"] = query => index.Rescore(query, candidates),
        };
        var tokens = index.Passages * TokensPerPassage;
        output.WriteLine();
        output.WriteLine($"{tokens / 1e6:F1} million tokens, {index.Passages} passages, {QueryTokens} query tokens");
        output.WriteLine($"{"milliseconds", -34} {"first", 9} {"p50", 9} {"p99", 9}");
        var sums = new double[Queries + 1];
        foreach (var (name, step) in steps)
        {
            var times = new double[Queries + 1];
            for (var i = 0; i < times.Length; i++)
            {
                var first = random.Next(4000) * Dimensions;
                var weights = Enumerable.Repeat(1f, QueryTokens).ToArray();
                var query = new LateInteractionQuery(pool.AsSpan(first, QueryTokens * Dimensions), weights);
                var watch = Stopwatch.StartNew();
                step(query);
                times[i] = watch.Elapsed.TotalMilliseconds;
                sums[i] += times[i];
            }

            Report(output, name, times);
        }

        Report(output, "all of it", sums);
    }

    private static long[] Scanned(long passages, Random random)
    {
        var all = Enumerable.Range(1, (int)passages).Select(passage => (long)passage).ToArray();
        random.Shuffle(all);
        return [.. all.Take(MostScanned).Order()];
    }

    private static void Report(TextWriter output, string name, double[] times)
    {
        var warm = times.Skip(1).Order().ToList();
        output.WriteLine(
            $"{name, -34} {times[0], 9:F1} {warm[warm.Count / 2], 9:F1} {warm[warm.Count * 99 / 100], 9:F1}"
        );
    }

    private static void Fill(Datastore datastore, EmbeddingProfile profile, float[] pool, int documents)
    {
        var random = new Random(5);
        var counts = Enumerable.Repeat(TokensPerPassage, PassagesPerDocument).ToArray();
        var embeddings = new float[TokensPerPassage * PassagesPerDocument * Dimensions];
        var writer = datastore.WriteEmbeddings(profile);
        foreach (var some in Enumerable.Range(0, documents).Chunk(16))
        {
            List<NewDocument> stored = [.. some.Select(Document)];
            datastore.Apply(new CatalogChange { Put = stored });
            foreach (var document in stored)
            {
                for (var at = 0; at < embeddings.Length; at += Dimensions)
                {
                    pool.AsSpan(random.Next(8192) * Dimensions, Dimensions).CopyTo(embeddings.AsSpan(at));
                }

                writer.Add(
                    document.ContentKey,
                    0,
                    counts,
                    embeddings,
                    embeddings.AsSpan(0, PassagesPerDocument * Dimensions)
                );
            }

            writer.Publish();
        }
    }

    private static NewDocument Document(int number) =>
        new()
        {
            Path = $"/{number}",
            Kind = "prose",
            ContentKey = new ContentKey(SHA256.HashData(Encoding.UTF8.GetBytes($"{number}"))),
            Bytes = 1,
            Modified = DateTimeOffset.UnixEpoch,
            LineCount = PassagesPerDocument,
            Passages =
            [
                .. Enumerable.Range(1, PassagesPerDocument).Select(line => new NewPassage(line, line, $"{line}", "")),
            ],
        };

    private static float[] RandomStates(int count)
    {
        var random = new Random(3);
        var embeddings = new float[count * Dimensions];
        for (var at = 0; at < embeddings.Length; at += Dimensions)
        {
            var state = embeddings.AsSpan(at, Dimensions);
            for (var i = 0; i < Dimensions; i++)
            {
                state[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            }

            TensorPrimitives.Divide(state, TensorPrimitives.Norm(state), state);
        }

        return embeddings;
    }
}
