using McpLongContext.Context.Retrieval.Commits;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Questions about history are answered with commits; no other question is.</summary>
public sealed class HistoryQuestionTests
{
    [Theory]
    [InlineData("When was the retry limit changed?")]
    [InlineData("when and why was this changed")]
    [InlineData("Why did we remove the connection pool?")]
    [InlineData("why has parseHeader been rewritten")]
    [InlineData("Who last changed the scheduler?")]
    [InlineData("who added support for IPv6")]
    [InlineData("Which commit introduced LFU eviction?")]
    [InlineData("in which commits was TlsOptions renamed")]
    [InlineData("what recent commits touch the parser")]
    [InlineData("the commit that fixed the leak in rdbLoad")]
    [InlineData("git log of the tokenizer")]
    [InlineData("commit history of src/server.c")]
    [InlineData("What is the history of changes to the cache?")]
    public void A_question_about_a_change_asks_for_history(string question) =>
        Assert.True(HistoryQuestion.Of(question)?.AsksForChange);

    [Theory]
    [InlineData("When is an item added to the queue?")]
    [InlineData("when does the cache get updated")]
    [InlineData("Why is the buffer copied?")]
    [InlineData("how are commits written to the log")]
    [InlineData("where is the transaction committed")]
    [InlineData("who owns the buffer")]
    [InlineData("CommitTransaction")]
    [InlineData("change the history size")]
    [InlineData("write history to disk")]
    [InlineData("Removes what has expired.")]
    [InlineData("the color #deadbeef in 1234567 places")]
    public void Any_other_question_does_not(string question) => Assert.Null(HistoryQuestion.Of(question));

    [Theory]
    [InlineData("94751543b0a1", "94751543b0a1")]
    [InlineData("what does 94751543b0a15ea333dab3121fa32747cf59de8f do", "94751543b0a15ea333dab3121fa32747cf59de8f")]
    public void A_hash_names_a_commit(string question, string hash)
    {
        var asked = HistoryQuestion.Of(question);

        Assert.Equal([hash], asked!.Hashes);
        Assert.False(asked.AsksForChange);
    }

    [Fact]
    public void Words_that_only_ask_are_not_searched_for() =>
        Assert.Equal(["lfu", "eviction"], HistoryQuestion.Of("Which commit introduced LFU eviction?")!.Terms);
}
