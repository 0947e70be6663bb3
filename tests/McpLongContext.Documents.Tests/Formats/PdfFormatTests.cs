namespace McpLongContext.Documents.Tests.Formats;

public sealed class PdfFormatTests
{
    [Fact]
    public void Columns_are_read_one_after_the_other()
    {
        var text = Sample.Read("groff-columns.pdf").Text.ReplaceLineEndings(" ");

        // In one column these follow each other; across columns something else would stand between them.
        Assert.Contains("A gland that weeps one drop in ten seconds is in order", text, StringComparison.Ordinal);
        Assert.Contains(
            "most often by eelgrass, and is cleared with the long bronze hook",
            text,
            StringComparison.Ordinal
        );
        var first = text.IndexOf("Hang the tag", StringComparison.Ordinal);
        Assert.True(text.IndexOf("Look at the gland", StringComparison.Ordinal) < first);
        Assert.InRange(text.IndexOf("Look at the gland", first, StringComparison.Ordinal), first, int.MaxValue);
    }

    [Fact]
    public void A_word_that_is_hyphenated_at_the_end_of_a_line_is_whole() =>
        Assert.DoesNotMatch(@"(?m)[a-z]-$", Sample.Read("groff-columns.pdf").Text);

    [Fact]
    public void Every_page_is_cited_by_itself()
    {
        var text = Sample.Read("reportlab.pdf");

        Assert.Equal("page=1", text.Locate("Look at the gland"));
        Assert.Equal("page=2", text.Locate("Drain the casing"));
        Assert.All(text.Marks, mark => Assert.True(mark.Cuts));
    }

    [Fact]
    public void Scanned_pages_are_reported_as_such() =>
        Assert.StartsWith(
            "scanned: its 3 pages are images",
            Sample.Refusal(Sample.Load("scanned.pdf")),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_password_is_reported_as_such() =>
        Assert.StartsWith("encrypted:", Sample.Refusal(Sample.Load("encrypted.pdf")), StringComparison.Ordinal);
}
