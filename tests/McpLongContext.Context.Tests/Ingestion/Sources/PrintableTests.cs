using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("naïve 東京 😀.txt", "naïve 東京 😀.txt")]
    [InlineData("a\nb\u001bc", "a\\u000Ab\\u001Bc")]
    [InlineData("\u2028\u2029\ufffd", "\\u2028\\u2029\\uFFFD")]
    [InlineData("\u2029\u202a\u202e\u202f", "\\u2029\\u202A\\u202E\u202f")]
    public void What_breaks_lines_controls_or_reorders_is_shown_by_its_number(string name, string shown)
    {
        Assert.Equal(shown, Printable.Path(name));
        Assert.Equal(name == shown, Printable.IsPrintable(name));
    }
}
