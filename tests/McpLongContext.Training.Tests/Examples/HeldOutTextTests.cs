using McpLongContext.Training.Examples;

namespace McpLongContext.Training.Tests.Examples;

public sealed class HeldOutTextTests
{
    private const int Filler = 7;

    [Fact]
    public void Facts_of_one_sample_stand_at_their_place()
    {
        var text = Text(21, (Sample(100, 4), 0.5));

        Assert.Equal(Enumerable.Range(100, 4), text[9..13]);
        Assert.Equal(17, text.Count(token => token == Filler));
    }

    [Fact]
    public void Facts_of_several_samples_stand_in_the_order_of_their_places_and_never_overlap()
    {
        var text = Text(32, (Sample(100, 10), 0.9), (Sample(200, 10), 0.1), (Sample(300, 10), 0.15));

        Assert.Equal(
            [.. Enumerable.Range(200, 10), .. Enumerable.Range(300, 10), .. Enumerable.Range(100, 10)],
            text.Where(token => token != Filler)
        );
    }

    [Fact]
    public void Facts_may_fill_a_text_but_for_the_token_that_it_begins_with()
    {
        Assert.Equal([Filler, .. Enumerable.Range(100, 8)], Text(9, (Sample(100, 8), 0.7)));

        var error = Assert.Throws<TrainingException>(() => Text(9, (Sample(100, 5), 0.7), (Sample(200, 4), 0.1)));
        Assert.Equal("the facts take 9 tokens, expected 8 at most; give fewer --most-keys.", error.Message);
    }

    private static int[] Text(int length, params (SampleTokens Sample, double Place)[] planted) =>
        HeldOutText.Of(
            new Random(1),
            new FillerText(
                [
                    [Filler],
                ],
                []
            ),
            length,
            planted
        );

    private static SampleTokens Sample(int first, int count) =>
        new(
            [
                [.. Enumerable.Range(first, count - 2)],
                [.. Enumerable.Range(first + count - 2, 2)],
            ],
            []
        );
}
