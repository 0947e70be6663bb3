using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class NearestTokensTests
{
    private const int Width = 24;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_greatest_inner_products_are_found_in_double_precision_too(int threads)
    {
        var random = new Random(3);
        var memory = new TokenMemory();
        memory.Add(Width, Vectors(random, 5_000), Vectors(random, 1));
        memory.Add(Width, Vectors(random, 300));
        var queries = Vectors(random, 3);
        using var threadPool = new ComputeThreadPool(threads);

        var hits = NearestTokens.Of(memory, 0, queries, Width, 20, threadPool);

        Assert.Equal(3, hits.Length);
        for (var query = 0; query < hits.Length; query++)
        {
            var expected = Reference(memory, queries.AsSpan(query * Width, Width)).Take(20).ToList();
            Assert.Equal(
                expected.Select(one => (one.Text, one.Token)),
                hits[query].Select(hit => (hit.Text, hit.Token))
            );
            Assert.All(hits[query].Zip(expected), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 1e-4));
        }
    }

    [Fact]
    public void The_length_of_a_key_counts_and_not_its_direction_alone()
    {
        // An index without an inner-product metric would give the nearer second key.
        var memory = new TokenMemory();
        memory.Add(2, [3, 3, 1, 0, -9, 0]);
        using var threadPool = new ComputeThreadPool(1);
        Assert.Equal([0, 1, 2], NearestTokens.Of(memory, 0, [1, 0], 2, 3, threadPool)[0].Select(hit => hit.Token));
    }

    [Fact]
    public void The_last_dimension_of_the_last_token_of_a_long_text_decides()
    {
        // Half of a head that is left out, or a range of keys that is skipped, would lose it.
        var memory = new TokenMemory();
        var filler = new float[70_001 * Width];
        filler[^1] = 1;
        memory.Add(Width, filler);
        var query = new float[Width];
        query[^1] = 1;
        using var threadPool = new ComputeThreadPool(2);
        Assert.Equal(70_000, NearestTokens.Of(memory, 0, query, Width, 1, threadPool)[0][0].Token);
    }

    [Fact]
    public void Equal_tokens_come_in_the_order_of_the_memory_and_an_empty_memory_has_none()
    {
        var memory = new TokenMemory();
        using var threadPool = new ComputeThreadPool(2);
        Assert.Empty(NearestTokens.Of(memory, 0, [1, 0], 2, 3, threadPool)[0]);
        memory.Add(2, [1, 0, 1, 0], [1, 0]);
        memory.Add(2, [1, 0]);
        Assert.Equal(
            [(0, 0), (0, 1), (0, 2)],
            NearestTokens.Of(memory, 0, [1, 0], 2, 3, threadPool)[0].Select(hit => (hit.Text, hit.Token))
        );
    }

    private static IEnumerable<(int Text, int Token, double Score)> Reference(
        TokenMemory memory,
        ReadOnlySpan<float> query
    )
    {
        var scores = new List<(int Text, int Token, double Score)>();
        for (var text = 0; text < memory.Texts.Count; text++)
        {
            var key = new float[Width];
            for (var token = 0; token < memory.Texts[text].Tokens; token++)
            {
                memory.Texts[text].Read(0, token, 1, key);
                var score = 0.0;
                for (var i = 0; i < Width; i++)
                {
                    score += (double)query[i] * key[i];
                }

                scores.Add((text, token, score));
            }
        }

        return scores.OrderByDescending(one => one.Score).ThenBy(one => one.Text).ThenBy(one => one.Token);
    }

    private static float[] Vectors(Random random, int count) =>
        [.. Enumerable.Range(0, count * Width).Select(_ => (float)((random.NextDouble() * 3) - 1.5))];
}
