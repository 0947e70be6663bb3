using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class FusionTests
{
    [Fact]
    public void A_signal_counts_by_its_standard_score_whatever_its_scale()
    {
        var small = Fusion.Standardize([1, 2, 3]);
        var large = Fusion.Standardize([1000, 2000, 3000]);

        Assert.All(small.Zip(large), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(Math.Sqrt(1.5), small[2], 1e-12);
    }

    [Fact]
    public void An_unknown_value_counts_as_the_mean() =>
        Assert.Equal([0, -1, 1], Fusion.Standardize([double.NaN, -5, 5]));

    [Fact]
    public void A_signal_that_tells_nothing_changes_nothing()
    {
        Assert.Equal([0, 0], Fusion.Standardize([4, 4]));
        Assert.Equal([0, 0], Fusion.Standardize([double.NaN, double.NaN]));
    }

    [Fact]
    public void The_weights_of_its_kind_decide_where_signals_disagree()
    {
        double[] pooled = [1, 0],
            tokens = [0, 1];

        var code = Fusion.Combine([SignalWeights.Code, SignalWeights.Code], [0, 0], pooled, tokens);
        var words = new SignalWeights(0, 0.2, 0.8);
        var others = Fusion.Combine([words, words], [0, 0], pooled, tokens);

        Assert.True(code[0] > code[1]);
        Assert.True(others[0] < others[1]);
    }
}
