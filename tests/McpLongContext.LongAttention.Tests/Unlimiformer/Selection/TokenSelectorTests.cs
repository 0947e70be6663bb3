using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class TokenSelectorTests
{
    private const int Width = 24;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    public void Scores_are_sums_over_phrases_of_a_softmax_over_all_tokens_in_double_precision(int threads, int phrase)
    {
        var random = new Random(1);
        var blocks = new[] { 5_000, 1, 7, 300, 4_096 }.Select(count => Vectors(random, count)).ToArray();
        var memory = new TokenMemory();
        memory.Add(Width, blocks[0], blocks[1], blocks[2]);
        memory.Add(Width, blocks[3]);
        memory.Add(Width, blocks[4]);
        var query = new SelectionQuery(Vectors(random, 5), [0.5f, 0.25f, 0.25f, -0.5f, -0.5f], 0.7f)
        {
            Phrase = phrase,
        };
        var expected = Reference(memory, query);
        using var threadPool = new ComputeThreadPool(threads);

        var hits = TokenSelector.Select(
            memory,
            query,
            expected.Count,
            threadPool,
            TestContext.Current.CancellationToken
        );

        // All of them: phrases at the ends of blocks, of texts and of what a thread takes are seldom among the best.
        Assert.Equal(expected.Count, hits.Count);
        var best = expected.OrderByDescending(one => one.Score).ToList();
        var scores = expected.ToDictionary(one => (one.Text, one.Token), one => one.Score);
        for (var i = 0; i < hits.Count; i++)
        {
            Assert.Equal(best[i].Score, hits[i].Score, 2e-6);
            Assert.Equal(scores[(hits[i].Text, hits[i].Token)], hits[i].Score, 2e-6);
        }
    }

    [Fact]
    public void Every_token_counts_the_last_one_of_the_last_block_too()
    {
        // A range that is skipped, as stores of many tokens have done it, would lose the needle.
        var memory = new TokenMemory();
        var filler = new float[70_001 * Width];
        filler[^1] = 100;
        memory.Add(Width, filler, [.. Vectors(new Random(2), 10)]);
        var query = new float[Width];
        query[^1] = 1;
        using var threadPool = new ComputeThreadPool(2);

        var hits = TokenSelector.Select(
            memory,
            new SelectionQuery(query, [1], 1) { Phrase = 1 },
            1,
            threadPool,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(70_000, hits[0].Token);
        Assert.Equal(1, hits[0].Score, 1e-6);
    }

    [Fact]
    public void What_attracts_any_question_cancels_out()
    {
        // The first token pleases both questions more than the second one pleases the question that was asked.
        var memory = new TokenMemory();
        memory.Add(2, [5, 0, 0, 4, 0, 0]);
        using var threadPool = new ComputeThreadPool(1);
        float[] both = [1, 0.9f, 1, 0];

        var alone = TokenSelector.Select(
            memory,
            new SelectionQuery([1, 0.9f], [1], 1) { Phrase = 1 },
            1,
            threadPool,
            TestContext.Current.CancellationToken
        );
        var contrasted = TokenSelector.Select(
            memory,
            new SelectionQuery(both, [1, -1], 1) { Phrase = 1 },
            1,
            threadPool,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(0, alone[0].Token);
        Assert.Equal(1, contrasted[0].Token);
    }

    [Fact]
    public void A_phrase_that_pleases_throughout_is_better_than_a_token_that_pleases_alone()
    {
        var memory = new TokenMemory();
        float[] keys = [0, 3, 0, 0, 0, 2.5f, 2.5f, 2.5f];
        memory.Add(1, keys);
        using var threadPool = new ComputeThreadPool(1);
        var query = new SelectionQuery([1], [1], 1) { Phrase = 3 };

        var hits = TokenSelector.Select(memory, query, 8, threadPool, TestContext.Current.CancellationToken);

        Assert.Equal(5, hits[0].Token);
        var sum = keys.Sum(key => Math.Exp(key));
        Assert.Equal(3 * Math.Exp(2.5) / sum, hits[0].Score, 1e-2);
    }

    [Fact]
    public void An_empty_memory_has_no_hits()
    {
        using var threadPool = new ComputeThreadPool(1);
        Assert.Empty(
            TokenSelector.Select(
                new TokenMemory(),
                new SelectionQuery([1], [1], 1),
                5,
                threadPool,
                TestContext.Current.CancellationToken
            )
        );
    }

    private static List<(int Text, int Token, double Score)> Reference(TokenMemory memory, SelectionQuery query)
    {
        var keys = new List<(int Text, int Token, float[] Key)>();
        for (var text = 0; text < memory.Texts.Count; text++)
        {
            var tokens = memory.Texts[text].Tokens;
            var vectors = new float[tokens * Width];
            memory.Texts[text].Read(0, 0, tokens, vectors);
            keys.AddRange(vectors.Chunk(Width).Select((key, token) => (text, token, key)));
        }

        var scores = new double[keys.Count];
        for (var q = 0; q < query.Weights.Length; q++)
        {
            var powers = keys.Select(one =>
                    Math.Exp(query.Scale * Dot(query.Queries.AsSpan(q * Width, Width), one.Key))
                )
                .ToArray();
            var sum = powers.Sum();
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] += query.Weights[q] * powers[i] / sum;
            }
        }

        return [.. keys.Select((one, i) => (one.Text, one.Token, Phrase(i)))];

        double Phrase(int first) =>
            Enumerable
                .Range(first, Math.Min(query.Phrase, keys.Count - first))
                .Where(i => keys[i].Text == keys[first].Text)
                .Sum(i => scores[i]);
    }

    private static double Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        var sum = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            sum += (double)one[i] * other[i];
        }

        return sum;
    }

    private static float[] Vectors(Random random, int count) =>
        [.. Enumerable.Range(0, count * Width).Select(_ => (float)((random.NextDouble() * 3) - 1.5))];
}
