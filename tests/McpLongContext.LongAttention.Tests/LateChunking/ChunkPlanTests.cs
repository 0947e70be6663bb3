using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.LongAttention.Tests.LateChunking;

public sealed class ChunkPlanTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_token_is_in_exactly_one_core_and_no_chunk_is_too_long(int seed)
    {
        var (passages, capacity, margin) = Draw(seed);

        var chunks = ChunkPlan.Of(passages, capacity, margin);

        var next = 0;
        foreach (var chunk in chunks)
        {
            Assert.Equal(next, chunk.CoreFirst);
            Assert.InRange(chunk.CoreCount, 1, capacity);
            Assert.InRange(chunk.Count, chunk.CoreCount, capacity);
            next += chunk.CoreCount;
        }

        Assert.Equal(passages.Sum(), next);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_core_has_its_margin_wherever_the_text_has_it(int seed)
    {
        var (passages, capacity, margin) = Draw(seed);
        var total = passages.Sum();

        foreach (var chunk in ChunkPlan.Of(passages, capacity, margin))
        {
            Assert.Equal(Math.Max(0, chunk.CoreFirst - margin), chunk.First);
            Assert.Equal(Math.Min(total, chunk.CoreFirst + chunk.CoreCount + margin), chunk.First + chunk.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_passage_that_fits_into_a_core_is_never_cut(int seed)
    {
        var (passages, capacity, margin) = Draw(seed);
        var chunks = ChunkPlan.Of(passages, capacity, margin);

        var start = 0;
        foreach (var length in passages)
        {
            if (length > 0 && length <= capacity - (2 * margin))
            {
                var cutInside = chunks.Any(chunk => chunk.CoreFirst > start && chunk.CoreFirst < start + length);
                var isTail = chunks.Any(chunk => chunk.CoreFirst < start && chunk.CoreFirst + chunk.CoreCount > start);
                Assert.False(cutInside && !isTail);
            }

            start += length;
        }
    }

    [Fact]
    public void A_text_that_fits_is_one_chunk() =>
        Assert.Equal([new Chunk(0, 60, 0, 60)], ChunkPlan.Of([10, 20, 30], capacity: 64, margin: 0));

    [Fact]
    public void Cores_end_where_passages_end()
    {
        Assert.Equal(
            [new Chunk(0, 50, 0, 50), new Chunk(50, 40, 50, 40)],
            ChunkPlan.Of([30, 20, 40], capacity: 64, margin: 0)
        );
    }

    [Fact]
    public void A_text_without_tokens_has_no_chunks() => Assert.Empty(ChunkPlan.Of([0, 0], capacity: 64, margin: 0));

    [Fact]
    public void Margins_that_leave_no_core_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ChunkPlan.Of([1], capacity: 64, margin: 32));

    private static (int[] Passages, int Capacity, int Margin) Draw(int seed)
    {
        var random = new Random(seed);
        var passages = new int[random.Next(1, 40)];
        for (var i = 0; i < passages.Length; i++)
        {
            passages[i] = random.Next(random.Next(4) == 0 ? 400 : 60);
        }

        var capacity = random.Next(30, 254);
        return (passages, capacity, random.Next(0, (capacity - 1) / 2));
    }
}
