using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class FusionTests
{
    [Fact]
    public void A_signal_counts_by_its_standard_score_whatever_its_scale()
    {
        var small = Fusion.Combine(3, new Signal(1, [1, 2, 3]));
        var large = Fusion.Combine(3, new Signal(1, [1000, 2000, 3000]));

        Assert.All(small.Zip(large), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(Math.Sqrt(1.5), small[2], 1e-12);
    }

    [Fact]
    public void Weights_decide_between_signals_that_disagree()
    {
        var scores = Fusion.Combine(2, new Signal(0.4, [1, 0]), new Signal(0.6, [0, 1]));

        Assert.True(scores[1] > scores[0]);
    }

    [Fact]
    public void An_unknown_value_counts_as_the_mean()
    {
        var scores = Fusion.Combine(3, new Signal(1, [double.NaN, -5, 5]));

        Assert.Equal([0, -1, 1], scores);
    }

    [Fact]
    public void A_signal_that_tells_nothing_changes_nothing() =>
        Assert.Equal([0, 0], Fusion.Combine(2, new Signal(1, [4, 4]), new Signal(1, [double.NaN, double.NaN])));
}
