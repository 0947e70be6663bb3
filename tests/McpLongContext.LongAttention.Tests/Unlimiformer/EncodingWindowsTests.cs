using McpLongContext.LongAttention.Unlimiformer;

namespace McpLongContext.LongAttention.Tests.Unlimiformer;

public sealed class EncodingWindowsTests
{
    private static readonly double[] s_overlaps = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

    /// <summary>Texts around every boundary, windows of all parities.</summary>
    public static IEnumerable<(int Tokens, int Window, double Overlap)> Cases =>
        from window in (int[])[1, 2, 3, 4, 7, 10, 31, 256]
        from overlap in s_overlaps
        from tokens in Enumerable.Range(0, 4 * window + 3).Append(1000)
        select (tokens, window, overlap);

    [Fact]
    public void Every_token_is_kept_once_and_in_order()
    {
        foreach (var (tokens, size, overlap) in Cases)
        {
            var position = 0;
            foreach (var window in All(tokens, size, overlap))
            {
                Assert.Equal(position, window.KeptStart);
                Assert.True(window.KeptLength > 0);
                position = window.KeptEnd;
            }
            Assert.Equal(tokens, position);
        }
    }

    [Fact]
    public void A_window_is_within_the_text_and_no_longer_than_asked()
    {
        foreach (var (tokens, size, overlap) in Cases)
        {
            foreach (var window in All(tokens, size, overlap))
            {
                Assert.InRange(window.Length, 1, size);
                Assert.InRange(window.Start, 0, window.KeptStart);
                Assert.InRange(window.End, window.KeptEnd, tokens);
            }
        }
    }

    [Fact]
    public void Kept_tokens_have_the_margin_as_context_on_both_sides_where_the_text_has_it()
    {
        foreach (var (tokens, size, overlap) in Cases)
        {
            var margin = (int)Math.Floor(size * overlap / 2);
            foreach (var window in All(tokens, size, overlap))
            {
                Assert.True(window.KeptStart - window.Start >= Math.Min(margin, window.KeptStart));
                Assert.True(window.End - window.KeptEnd >= Math.Min(margin, tokens - window.KeptEnd));
            }
        }
    }

    [Fact]
    public void A_text_that_fits_is_one_window_and_an_empty_one_none()
    {
        foreach (var (tokens, size, overlap) in Cases.Where(c => c.Tokens <= c.Window))
        {
            EncodingWindow[] expected = tokens == 0 ? [] : [new EncodingWindow(0, tokens, 0, tokens)];
            Assert.Equal(expected, All(tokens, size, overlap));
        }
    }

    [Fact]
    public void No_window_is_superfluous()
    {
        foreach (var (tokens, size, overlap) in Cases.Where(c => c.Tokens > c.Window))
        {
            var windows = new EncodingWindows(tokens, size, overlap);
            Assert.True(windows[windows.Count - 2].End < tokens);
        }
    }

    [Fact]
    public void The_middle_half_of_a_window_is_kept_at_the_default_overlap()
    {
        Assert.Equal(
            [new(0, 8, 0, 6), new(4, 8, 6, 4), new(8, 8, 10, 4), new(12, 6, 14, 4)],
            All(tokens: 18, window: 8, overlap: 0.5)
        );
    }

    [Theory]
    [InlineData(-1, 1, 0.5)]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, -5, 0.5)]
    [InlineData(1, 1, 1.0)]
    [InlineData(1, 1, -0.1)]
    [InlineData(1, 1, double.NaN)]
    public void Absurd_numbers_are_rejected(int tokens, int window, double overlap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodingWindows(tokens, window, overlap));

    [Fact]
    public void There_is_no_window_beyond_the_last()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodingWindows(5, 5, 0)[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodingWindows(5, 5, 0)[-1]);
    }

    [Fact]
    public void Huge_texts_do_not_overflow()
    {
        var windows = new EncodingWindows(int.MaxValue, 512, 0.5);

        Assert.Equal(int.MaxValue, windows[windows.Count - 1].KeptEnd);
    }

    private static EncodingWindow[] All(int tokens, int window, double overlap)
    {
        var windows = new EncodingWindows(tokens, window, overlap);
        return [.. Enumerable.Range(0, windows.Count).Select(i => windows[i])];
    }
}
