using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class MarkdownLinesTests
{
    [Theory]
    [InlineData("# One", 1)]
    [InlineData("###### Six", 6)]
    [InlineData("####### Seven", 0)]
    [InlineData("##\tTab", 2)]
    [InlineData("== AsciiDoc", 2)]
    [InlineData("#tag", 0)]
    [InlineData("##", 0)]
    [InlineData("", 0)]
    [InlineData(" # indented", 0)]
    [InlineData("text # more", 0)]
    public void A_heading_has_the_level_of_its_marks(string line, int level)
    {
        Assert.Equal(level, MarkdownLines.HeadingLevel(line));
        Assert.Equal(level > 0, MarkdownLines.IsHeading(line));
    }

    [Theory]
    [InlineData("---", true)]
    [InlineData("===  ", true)]
    [InlineData("~~~~", true)]
    [InlineData("^^^", true)]
    [InlineData("--", false)]
    [InlineData("--=", false)]
    [InlineData("- - -", false)]
    [InlineData("***", false)]
    [InlineData("", false)]
    public void Three_equal_marks_underline(string line, bool underlines) =>
        Assert.Equal(underlines, MarkdownLines.IsUnderline(line));

    [Theory]
    [InlineData("```", "```")]
    [InlineData("  ````csharp", "````")]
    [InlineData("~~~", "~~~")]
    [InlineData("``", "")]
    [InlineData("``x", "")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("text ```", "")]
    public void A_fence_is_three_marks_or_more(string line, string fence) =>
        Assert.Equal(fence, MarkdownLines.Fence(line).ToString());

    [Theory]
    [InlineData("- one", true)]
    [InlineData("*\tone", true)]
    [InlineData("+ one", true)]
    [InlineData("1. one", true)]
    [InlineData("123) one", true)]
    [InlineData("1234. one", false)]
    [InlineData("1.one", false)]
    [InlineData("1: one", false)]
    [InlineData(". one", false)]
    [InlineData("-one", false)]
    [InlineData("  - nested", false)]
    [InlineData("", false)]
    [InlineData("12", false)]
    public void An_item_of_a_list_begins_with_its_mark_or_number(string line, bool isItem) =>
        Assert.Equal(isItem, MarkdownLines.IsListItem(line));
}
