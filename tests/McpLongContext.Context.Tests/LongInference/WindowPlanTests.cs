using McpLongContext.Context.LongInference;

namespace McpLongContext.Context.Tests.LongInference;

public sealed class WindowPlanTests
{
    [Fact]
    public void Every_token_is_in_exactly_one_core_whatever_the_sizes()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 2000; trial++)
        {
            var capacity = random.Next(1, 60);
            var overlap = random.Next(capacity);
            var tokens = random.Next(400);
            var plan = new WindowPlan(tokens, capacity, overlap);
            var covered = 0;
            for (var i = 0; i < plan.Count; i++)
            {
                var window = plan[i];
                Assert.Equal(covered, window.CoreFirst);
                Assert.InRange(window.Count, 1, capacity);
                Assert.InRange(window.CoreCount, 1, capacity);
                Assert.Equal(i == 0 ? 0 : overlap, window.CoreFirst - window.First);
                covered = window.End;
            }

            Assert.Equal(tokens, covered);
        }
    }

    [Fact]
    public void A_window_shares_twice_the_margin_with_the_one_before()
    {
        // m = floor(47 * 0.5 / 2) = 11
        var plan = new WindowPlan(100, 47, WindowPlan.OverlapOf(47, 0.5));

        Assert.Equal(new TextWindow(0, 47, 0), plan[0]);
        Assert.Equal(new TextWindow(25, 47, 47), plan[1]);
        Assert.Equal(new TextWindow(50, 47, 72), plan[2]);
        Assert.Equal(new TextWindow(75, 25, 97), plan[3]);
        Assert.Equal(4, plan.Count);
    }

    [Theory]
    [InlineData(100, 90, 10)]
    [InlineData(5, 0, 5)]
    public void The_tail_is_one_window_at_the_end(int tokens, int first, int count)
    {
        var plan = WindowPlan.Tail(tokens, 10);

        Assert.Equal(1, plan.Count);
        Assert.Equal(new TextWindow(first, count, first), plan[0]);
    }
}
