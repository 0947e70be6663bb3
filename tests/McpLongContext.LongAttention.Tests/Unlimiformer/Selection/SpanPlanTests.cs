using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Selection;

public sealed class SpanPlanTests
{
    private static readonly SpanPlan s_plan = new(Before: 2, After: 4, Budget: 12);

    [Fact]
    public void Spans_grow_around_hits_and_stand_in_the_order_of_the_memory() =>
        Assert.Equal([(0, 8, 6), (1, 28, 6)], Plan(new(1, 30, 0.9f), new(0, 10, 0.5f)));

    [Fact]
    public void Spans_end_where_their_text_does() =>
        Assert.Equal([(0, 0, 5), (0, 97, 3)], Plan(new(0, 1, 0.9f), new(0, 99, 0.5f)));

    [Fact]
    public void Spans_that_meet_become_one() =>
        Assert.Equal([(0, 8, 10)], Plan(new(0, 10, 0.9f), new(0, 14, 0.5f), new(0, 11, 0.4f)));

    [Fact]
    public void The_best_hits_take_the_budget() =>
        Assert.Equal([(0, 8, 6), (0, 48, 6)], Plan(new(0, 10, 0.9f), new(0, 50, 0.5f), new(0, 80, 0.4f)));

    [Theory]
    [InlineData(20, 100, 20)]
    [InlineData(64, 100, 64)]
    [InlineData(70, 94, 70)]
    [InlineData(88, 76, 88)]
    [InlineData(256, 76, 88)]
    public void A_small_budget_is_spent_on_the_hit_and_what_follows_it(int budget, int first, int count)
    {
        var span = Assert.Single(new SpanPlan(Budget: budget).Of([new TokenHit(0, 100, 0.9f)], _ => 300));

        Assert.Equal((first, count), (span.First, span.Count));
    }

    [Fact]
    public void Hits_may_have_scores_below_zero() =>
        Assert.Equal([(0, 8, 6), (0, 48, 6)], Plan(new(0, 10, 0.9f), new(0, 50, -0.5f)));

    [Fact]
    public void What_is_clearly_worse_than_the_best_is_left_out_but_never_the_best()
    {
        var plan = s_plan with { Least = 0.5 };
        Assert.Equal([(0, 8, 6), (0, 48, 6)], Grow(plan, new(0, 10, 0.9f), new(0, 50, 0.45f), new(0, 80, 0.4f)));
        Assert.Equal([(0, 8, 6)], Grow(plan, new(0, 10, 0.9f), new(0, 50, 0.4f)));
        Assert.Equal([(0, 8, 6)], Grow(plan, new(0, 10, -0.4f), new(0, 50, -0.9f)));
    }

    private static IEnumerable<(int Text, int First, int Count)> Plan(params TokenHit[] hits) => Grow(s_plan, hits);

    private static IEnumerable<(int Text, int First, int Count)> Grow(SpanPlan plan, params TokenHit[] hits)
    {
        var memory = new TokenMemory();
        memory.Add(1, new float[100]);
        memory.Add(1, new float[100]);
        return plan.Of(hits, memory.Texts).Select(span => (span.Text, span.First, span.Count));
    }
}
