using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Tests.Answers;

public sealed class AnswerSupportTests
{
    private const string Question = "What did Gina win at the contest?";

    private static readonly Evidence[] s_passages =
    [
        Passage("a.txt:1-2", "Gina: I won a silver trophy at the contest in 2021."),
        Passage("b.txt:5-5", "Jon: The garden is green, and my bicycle is red."),
    ];

    [Theory]
    [InlineData("Gina won a silver trophy [1].", "Gina won a silver trophy.", "a.txt:1-2")]
    [InlineData("A silver trophy.", "A silver trophy.", "a.txt:1-2")]
    [InlineData("A silver trophy and a red bicycle [2].", "A silver trophy and a red bicycle.", "a.txt:1-2,b.txt:5-5")]
    [InlineData("It was a trophy, because she could.", "It was a trophy, because she could.", "a.txt:1-2")]
    [InlineData("A silver trophy [7].", "A silver trophy.", "a.txt:1-2")]
    [InlineData("A silver trophy [2].", "A silver trophy.", "a.txt:1-2")]
    [InlineData("Answer: A silver trophy.", "A silver trophy.", "a.txt:1-2")]
    [InlineData("Question: What did she win?\nAnswer: A silver trophy [1]", "A silver trophy", "a.txt:1-2")]
    [InlineData("A silver trophy.\n\nQuestion: What is green?\nAnswer: Grass.", "A silver trophy.", "a.txt:1-2")]
    [InlineData(
        "According to the passage, a silver trophy.",
        "According to the passage, a silver trophy.",
        "a.txt:1-2"
    )]
    public void An_answer_cites_the_passages_that_have_its_words(string written, string text, string citations)
    {
        var verdict = AnswerSupport.Judge(written, Question, s_passages);

        Assert.Null(verdict.Reason);
        Assert.Equal(text, verdict.Text);
        Assert.Equal(citations.Split(','), verdict.Citations);
    }

    [Theory]
    [InlineData("Gina won a golden necklace and a holiday [1].", "not in the evidence")]
    [InlineData("A silver trophy in 2019.", "2019")]
    [InlineData("Gina: a silver Gina: a silver Gina: a silver Gina:", "repeated")]
    [InlineData("Because she could.", "beyond the question")]
    [InlineData("Not in the passages.", "no answer")]
    [InlineData("The passages do not mention it.", "no answer")]
    [InlineData("Gina, at the contest.", "beyond the question")]
    [InlineData("Question: What was silver?", "beyond the question")]
    [InlineData("The answer to the question.", "beyond the question")]
    [InlineData("", "beyond the question")]
    public void What_the_evidence_does_not_bear_is_no_answer(string written, string reason)
    {
        var verdict = AnswerSupport.Judge(written, Question, s_passages);

        Assert.Contains(reason, verdict.Reason, StringComparison.Ordinal);
        Assert.Empty(verdict.Citations);
    }

    private static Evidence Passage(string citation, string text) =>
        new()
        {
            Citation = citation,
            Path = "a.txt",
            StartLine = 1,
            EndLine = 2,
            Score = 1,
            Text = text,
        };
}
