using McpLongContext.Context.Retrieval;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class RecentQueriesTests
{
    private readonly RecentQueries _recent = new();
    private int _encoded;

    [Fact]
    public void A_query_that_is_asked_again_is_not_encoded_again()
    {
        var first = Ask("where?");

        Assert.Same(first, Ask("where?"));
        Assert.NotSame(first, Ask("who?"));
        Assert.Equal(2, _encoded);
    }

    [Fact]
    public void The_queries_asked_longest_ago_are_forgotten()
    {
        Ask("kept");
        Ask("forgotten");
        for (var i = 0; i < 31; i++)
        {
            Ask($"{i}");
            Ask("kept");
        }

        var before = _encoded;
        Ask("kept");
        Assert.Equal(before, _encoded);
        Ask("forgotten");
        Assert.Equal(before + 1, _encoded);
    }

    private EncodedQuery Ask(string query) =>
        _recent.GetOrAdd(
            query,
            () =>
            {
                _encoded++;
                return new EncodedQuery([], [], []);
            }
        );
}
