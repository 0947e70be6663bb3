using McpLongContext.Kernels.Search;

namespace McpLongContext.Benchmarks.Kernels;

/// <summary>The scan over token embeddings, in passages of 64, 16 query tokens.</summary>
internal static class SearchBenchmark
{
    private const int Dimensions = 384;
    private const int Queries = 16;
    private const int Passage = 64;

    public static void Run(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{"search, 16 queries", -34} {"ms per million tokens", 22} {"low..high", 14}");
        foreach (var threads in (int[])[1, 2])
        {
            Report(output, $"binary codes, {threads} thread(s)", threads, 1 << 17, BinaryCodesOf);
            Report(output, $"int8 vectors, {threads} thread(s)", threads, 1 << 14, Int8);
        }
    }

    private static void Report(TextWriter output, string name, int threads, int tokens, Func<int, Action> body)
    {
        var rate = Rate.Measure(threads, [tokens], [() => body(tokens)])[0];
        var spread = $"{Time(rate.High):F1}..{Time(rate.Low):F1}";
        output.WriteLine($"{name, -34} {Time(rate.Median), 22:F1} {spread, 14}");

        double Time(double tokensPerSecond) => 1e9 / tokensPerSecond;
    }

    private static Action BinaryCodesOf(int tokens)
    {
        var size = BinaryCodes.Size(Dimensions);
        var codes = new byte[tokens * size];
        var queries = new byte[Queries * size];
        new Random(1).NextBytes(codes);
        new Random(2).NextBytes(queries);
        int[] offsets = [.. Enumerable.Range(0, (tokens / Passage) + 1).Select(i => i * Passage)];
        var maxima = new short[tokens / Passage * Queries];
        return () => BinaryCodes.MaxSimilarity(codes, queries, size, offsets, maxima);
    }

    private static Action Int8(int tokens)
    {
        var random = new Random(1);
        float[] vectors = [.. Enumerable.Range(0, tokens * Dimensions).Select(_ => random.NextSingle() - 0.5f)];
        var codes = new sbyte[vectors.Length];
        var scales = new float[tokens];
        Int8Vectors.Quantize(vectors, codes, scales);
        var queries = vectors[..(Queries * Dimensions)];
        var products = new float[tokens * Queries];
        return () => Int8Vectors.Dot(codes, scales, queries, Dimensions, products);
    }
}
