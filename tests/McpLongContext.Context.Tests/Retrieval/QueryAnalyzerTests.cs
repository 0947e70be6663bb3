using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class QueryAnalyzerTests
{
    [Theory]
    [InlineData("What did she mean by \"the old bridge\"?", "the old bridge")]
    [InlineData("Where is `max size` set?", "max size")]
    [InlineData("who calls ParseJsonAsync here", "ParseJsonAsync")]
    [InlineData("meaning of max_retry_count please", "max_retry_count")]
    [InlineData("explain std::vector growth", "std::vector")]
    [InlineData("what changed in src/core/Cache.cs recently", "src/core/Cache.cs")]
    [InlineData("number for faded-parrot in the text", "faded-parrot")]
    [InlineData("what is f8ede0ca-5128-a470-12fc-774073318749 for", "f8ede0ca-5128-a470-12fc-774073318749")]
    [InlineData("does it use sha256 hashing", "sha256")]
    [InlineData("who throws IOException here", "IOException")]
    public void Identifiers_and_quoted_phrases_are_literals(string question, string literal) =>
        Assert.Equal([literal], QueryAnalyzer.Analyze(question).Literals);

    [Theory]
    [InlineData("When did Melanie paint a sunrise in 2022?")]
    [InlineData("Who joined the LGBTQ group? And why.")]
    [InlineData("It ends here.Then it continues")]
    public void Words_names_and_numbers_are_no_literals(string question) =>
        Assert.DoesNotContain(
            QueryAnalyzer.Analyze(question).Literals,
            literal => !literal.Contains('.', StringComparison.Ordinal)
        );

    [Theory]
    [InlineData("ParseJsonAsync", true)]
    [InlineData("where is ParseJsonAsync defined?", true)]
    [InlineData("\"the old bridge\"", true)]
    [InlineData("how does ParseJsonAsync treat trailing commas?", false)]
    [InlineData("how does it treat trailing commas?", false)]
    public void A_question_of_literals_only_is_literal(string question, bool isLiteral) =>
        Assert.Equal(isLiteral, QueryAnalyzer.Analyze(question).IsLiteral);

    [Fact]
    public void Control_characters_become_spaces() =>
        Assert.Equal("a b c", QueryAnalyzer.Analyze("\0a\u001b\r\nb\u202e\tc\u0007").Text);

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n")]
    [InlineData("\0\u0001")]
    public void An_empty_question_is_refused_by_name(string question) =>
        Assert.Contains(
            "question is empty",
            Assert.Throws<ContextException>(() => QueryAnalyzer.Analyze(question)).Message
        );

    [Fact]
    public void A_question_of_100_kilobytes_is_refused_with_the_limit()
    {
        var error = Assert.Throws<ContextException>(() => QueryAnalyzer.Analyze(new string('x', 100_000)));

        Assert.Contains("100,000", error.Message);
        Assert.Contains("10,000", error.Message);
    }
}
