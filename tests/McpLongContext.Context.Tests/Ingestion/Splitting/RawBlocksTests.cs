using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class RawBlocksTests
{
    [Theory]
    [InlineData("a.md", "<!-- hidden\n# no\n-->")]
    [InlineData("a.md", "<!--\n```\n# no\n-->")]
    [InlineData("a.md", "  <!--\n# no -->")]
    [InlineData("a.md", "<pre>\n# no\n</pre>")]
    [InlineData("a.md", "<script type=\"x\">\n# no\n</script>")]
    [InlineData("a.mdx", "{/* hidden\n# no\n*/}")]
    [InlineData("a.adoc", "////\n== no\n////")]
    [InlineData("a.adoc", "[source,bash]\n----\n# no\n----")]
    [InlineData("a.asc", ".Title\n....\n= no\n....")]
    public void Marks_in_comments_and_raw_blocks_are_no_headings(string path, string block)
    {
        var filler = string.Concat(Enumerable.Repeat("word and word. ", 60));
        var text = $"# Yes\n\n{filler}\n\n{block}\n\n{filler}\n\nThe last line.\n";
        var passages = PassageSplitter.Split(text, DocumentKind.Markdown, path);
        Assert.Equal("Yes", passages[^1].Context);
        Assert.Equal(text, string.Concat(passages.Select(passage => passage.Text)));
    }

    [Theory]
    [InlineData("# One\n\ntext <!-- aside --> more\n\n# Two\n\nlast\n", "Two")]
    [InlineData("# One\n\n<!-- aside -->\n# Two\n\nlast\n", "Two")]
    [InlineData("# One\n\n    <!-- code\n\n# Two\n\nlast\n", "Two")]
    [InlineData("# One\n\n<prefix>\n\n# Two\n\nlast\n", "Two")]
    public void What_stands_behind_a_comment_is_a_heading(string text, string context) =>
        Assert.Equal(context, PassageSplitter.Split(text, DocumentKind.Markdown, "a.md")[^1].Context);
}
