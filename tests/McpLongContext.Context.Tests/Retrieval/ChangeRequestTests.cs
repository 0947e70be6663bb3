using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Requests for a change are ranked with the history; comments and questions are not.</summary>
public sealed class ChangeRequestTests
{
    [Theory]
    [InlineData("Fix the memory leak in rdbLoad")]
    [InlineData("Fix the memory leak in rdbLoad.")]
    [InlineData("feat(server): timeouts for idle clients")]
    [InlineData("http: remove the deprecated parser")]
    [InlineData("Bumped the minimum version of the runtime")]
    [InlineData("don't close the connection twice")]
    public void A_request_for_a_change_is_recognized(string text) =>
        Assert.True(QueryAnalyzer.Analyze(text).IsChangeRequest);

    [Theory]
    [InlineData("Removes what has expired.")]
    [InlineData("how are routes added")]
    [InlineData("request context handling")]
    [InlineData("addRoute")]
    [InlineData("fix")]
    [InlineData("\"fix the leak\"")]
    [InlineData("additional headers of a request")]
    public void Nothing_else_is(string text) => Assert.False(QueryAnalyzer.Analyze(text).IsChangeRequest);
}
