using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class TextSourceTests
{
    [Theory]
    [InlineData("notes/meeting.md", "notes/meeting.md")]
    [InlineData("  a..b.txt ", "a..b.txt")]
    public void A_text_has_a_relative_name(string name, string expected) =>
        Assert.Equal((expected, "text"), TextSource.Require(new IngestRequest { Name = name, Text = "text" }));

    [Theory]
    [InlineData(null, "name: missing")]
    [InlineData("  ", "name: missing")]
    [InlineData("../a", "name: '../a' looks like a file elsewhere")]
    [InlineData("a/..", "name: 'a/..' looks like a file elsewhere")]
    [InlineData("a\\..\\b", "looks like a file elsewhere")]
    [InlineData("/a", "name: '/a' looks like a file elsewhere")]
    [InlineData("a\nb", "name: 'a\\u000Ab' is no document name")]
    public void A_name_that_could_be_a_file_elsewhere_or_cannot_be_cited_is_refused(string? name, string message)
    {
        var error = Assert.Throws<ContextException>(() =>
            TextSource.Require(new IngestRequest { Name = name, Text = "text" })
        );
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_has_at_most_500_characters_and_a_message_shows_80_of_them()
    {
        var name = new string('n', 500);
        Assert.Equal(name, TextSource.Require(new IngestRequest { Name = name, Text = "text" }).Name);
        var error = Assert.Throws<ContextException>(() =>
            TextSource.Require(new IngestRequest { Name = name + "n", Text = "text" })
        );
        Assert.Contains($"'{name[..80]}' is no document name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_is_as_long_as_a_file_may_be_and_goes_without_a_path()
    {
        var text = new string('x', (int)DocumentReader.MaxFileBytes);
        Assert.Equal(text.Length, TextSource.Require(new IngestRequest { Name = "a", Text = text }).Text.Length);
        AssertRefused("text: 20.0 MB", new IngestRequest { Name = "a", Text = text + "x" });
        AssertRefused("text: empty", new IngestRequest { Name = "a", Text = " \n" });
        AssertRefused(
            "text: goes without path",
            new IngestRequest
            {
                Name = "a",
                Text = "x",
                Paths = ["b"],
            }
        );

        static void AssertRefused(string message, IngestRequest request) =>
            Assert.StartsWith(message, Assert.Throws<ContextException>(() => TextSource.Require(request)).Message);
    }
}
