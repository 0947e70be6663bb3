using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class CursorTests
{
    private static readonly QueryRequest s_request = new() { Question = "who?" };

    [Fact]
    public void A_cursor_comes_back_as_it_was_given()
    {
        var given = Cursor.First(s_request, generation: 7) with { Offset = 12 };

        Assert.Equal(given, Cursor.Of(s_request with { Cursor = given.ToString() }, generation: 7));
    }

    [Fact]
    public void Budgets_may_change_between_pages()
    {
        var given = Cursor.First(s_request, generation: 7).ToString();

        Assert.Equal(0, Cursor.Of(s_request with { Cursor = given, MaxTokens = 99, TopK = 3 }, generation: 7).Offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a cursor")]
    [InlineData("AAAA")]
    [InlineData("____________________________")]
    public void What_is_no_cursor_is_refused(string cursor)
    {
        var error = Assert.Throws<ContextException>(() => Cursor.Of(s_request with { Cursor = cursor }, 7));

        Assert.Contains("cursor", error.Message);
    }

    [Fact]
    public void A_cursor_of_another_request_is_refused()
    {
        var given = Cursor.First(s_request, generation: 7).ToString();
        QueryRequest[] others =
        [
            s_request with
            {
                Question = "what?",
            },
            s_request with
            {
                Datastore = "other",
            },
            s_request with
            {
                PathGlob = "*.md",
            },
        ];

        foreach (var other in others)
        {
            var error = Assert.Throws<ContextException>(() => Cursor.Of(other with { Cursor = given }, generation: 7));
            Assert.Contains("another question", error.Message);
        }
    }

    [Fact]
    public void A_cursor_is_out_of_date_when_the_datastore_has_changed()
    {
        var given = Cursor.First(s_request, generation: 7).ToString();

        var error = Assert.Throws<ContextException>(() => Cursor.Of(s_request with { Cursor = given }, generation: 8));

        Assert.Contains("out of date", error.Message);
    }
}
