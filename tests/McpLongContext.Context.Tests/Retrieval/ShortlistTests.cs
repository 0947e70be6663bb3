using McpLongContext.Context.Retrieval;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class ShortlistTests
{
    [Fact]
    public void It_has_the_best_of_many_in_their_order_and_few_others()
    {
        var random = new Random(1);
        ScoredPassage[] scores =
        [
            .. Enumerable.Range(1, 100_000).Select(i => new ScoredPassage(i, random.NextSingle())),
        ];

        var list = Shortlist.Of(scores, 5000);

        var best = scores.OrderByDescending(score => score.Score).Take(5000).Select(score => score.Passage);
        Assert.Empty(best.Except(list));
        Assert.InRange(list.Count, 5000, 5100);
        Assert.Equal(list.Order(), list);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void It_has_all_where_they_are_equal_or_fewer_than_wanted(int count)
    {
        ScoredPassage[] scores = [.. Enumerable.Range(1, count).Select(i => new ScoredPassage(i, 0.5f))];

        Assert.Equal(count, Shortlist.Of(scores, 3).Count);
        Assert.Equal(count, Shortlist.Of(scores, 100).Count);
    }
}
