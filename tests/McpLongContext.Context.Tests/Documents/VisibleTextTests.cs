using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Documents;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("plain, tab\t and\nlines", "plain, tab\t and\nlines")]
    [InlineData("\u001b[31mred", "␛[31mred")]
    [InlineData("\u001b]0;title\u0007", "␛]0;title␇")]
    [InlineData("over\rwritten", "over␍written")]
    [InlineData("\u009b31m", "\uFFFD31m")]
    [InlineData("del\u007f", "del␡")]
    [InlineData("a\u202eb\u2066c\u2028d", "a\uFFFDb\uFFFDc\uFFFDd")]
    [InlineData("書 café 🙂", "書 café 🙂")]
    public void Control_characters_are_shown_instead_of_obeyed(string text, string expected) =>
        Assert.Equal(expected, VisibleText.Lines(text));

    [Fact]
    public void A_name_stays_on_its_line() => Assert.Equal("a␊b␉c.txt:1-2", VisibleText.Name("a\nb\tc.txt:1-2"));

    [Fact]
    public void Json_keeps_its_meaning_and_loses_the_marks_that_reorder_text()
    {
        const string Expected = "{\"text\":\"a\\u202Eb é\"}";
        Assert.Equal(Expected, VisibleText.Json("{\"text\":\"a\u202Eb é\"}"));
    }
}
