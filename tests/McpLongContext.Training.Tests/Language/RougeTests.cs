using McpLongContext.Training.Language;

namespace McpLongContext.Training.Tests.Language;

/// <summary>The examples that the tests of Google's rouge_score and Lin's paper publish.</summary>
public sealed class RougeTests
{
    private const double Exact = 1e-9;

    [Theory]
    [InlineData(1, "testing one two", "testing", 1, 1.0 / 3, 0.5)]
    [InlineData(1, "testing one two", "", 0, 0, 0)]
    [InlineData(2, "testing one two", "testing one", 1, 0.5, 2.0 / 3)]
    [InlineData(2, "testing", "testing", 0, 0, 0)]
    [InlineData(1, "one one two", "one one one", 2.0 / 3, 2.0 / 3, 2.0 / 3)]
    public void Runs_of_words(int n, string reference, string summary, double precision, double recall, double f)
    {
        var score = Rouge.N(reference, summary, n);

        Assert.Equal(precision, score.Precision, Exact);
        Assert.Equal(recall, score.Recall, Exact);
        Assert.Equal(f, score.F, Exact);
    }

    [Theory]
    [InlineData("testing one two", "testing one", 1, 2.0 / 3, 4.0 / 5)]
    [InlineData("testing one two", "testing two", 1, 2.0 / 3, 4.0 / 5)]
    // Lin 2004, section 3.2: of the same words the one in order is better.
    [InlineData("police killed the gunman", "police kill the gunman", 0.75, 0.75, 0.75)]
    [InlineData("police killed the gunman", "the gunman kill police", 0.5, 0.5, 0.5)]
    public void Longest_common_subsequence(string reference, string summary, double precision, double recall, double f)
    {
        var score = Rouge.L(reference, summary);

        Assert.Equal(precision, score.Precision, Exact);
        Assert.Equal(recall, score.Recall, Exact);
        Assert.Equal(f, score.F, Exact);
    }

    [Fact]
    public void Sentences_unite_what_they_share_with_a_reference_sentence()
    {
        // Lin 2004, section 3.2: w1 w2 w3 w5 of five words.
        var score = Rouge.LSum("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5");

        Assert.Equal(0.8, score.Recall, Exact);
        Assert.Equal(0.4, score.Precision, Exact);
        Assert.Equal(0.5333, score.F, 1e-4);
    }

    [Fact]
    public void Words_are_letters_and_digits_in_lower_case() =>
        Assert.Equal(1, Rouge.N("It's 5 o'clock.", "IT S 5 O CLOCK", 2).F, Exact);
}
