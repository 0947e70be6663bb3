using McpLongContext.LongAttention.Unlimiformer.CrossAttention;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.CrossAttention;

public sealed class SourceWindowTests
{
    [Theory]
    [InlineData(1, 8, 0.5)]
    [InlineData(8, 8, 0.5)]
    [InlineData(9, 8, 0.5)]
    [InlineData(1000, 8, 0.5)]
    [InlineData(1000, 64, 0)]
    [InlineData(1000, 64, 0.25)]
    [InlineData(1003, 61, 0.9)]
    public void What_windows_keep_tiles_the_source(int tokens, int window, double overlap)
    {
        var windows = SourceWindow.Plan(tokens, window, overlap);

        var margin = (int)(window * overlap / 2);
        var next = 0;
        foreach (var one in windows)
        {
            Assert.Equal(Math.Min(window, tokens), one.Count);
            Assert.Equal(next, one.KeptFirst);
            Assert.True(one.KeptCount > 0);
            // What is kept has the margin on both sides, but for the ends of the source.
            Assert.True(one.First == 0 || one.KeptFirst - one.First >= margin);
            Assert.True(
                one.First + one.Count == tokens || one.First + one.Count - one.KeptFirst - one.KeptCount == margin
            );
            next += one.KeptCount;
        }

        Assert.Equal(tokens, next);
        Assert.Equal(tokens, windows[^1].First + windows[^1].Count);
    }

    [Fact]
    public void A_source_within_the_window_is_one_window() =>
        Assert.Equal([new SourceWindow(0, 7, 0, 7)], SourceWindow.Plan(7, 8));

    [Fact]
    public void Half_of_a_window_is_kept_by_default() =>
        Assert.Equal([new(0, 8, 0, 6), new(4, 8, 6, 4), new(8, 8, 10, 4), new(12, 8, 14, 6)], SourceWindow.Plan(20, 8));
}
