namespace McpLongContext.Documents.Tests.Formats;

public sealed class HtmlFormatTests
{
    private const string Words =
        "one two three four five six seven eight nine ten one two three four five six seven eight nine ten";

    private static string Page(string body) =>
        $"<!DOCTYPE html>\n<html><head><title>T</title></head>\n<body>{body}</body></html>";

    [Fact]
    public void What_stands_around_the_text_is_left_out()
    {
        var text = Sample
            .Read(
                "a.html",
                Page(
                    $"<nav>Home Products</nav><script>var secret = 1;</script><main><h2>Gland</h2><p>{Words}</p><p>{Words}</p>"
                        + "<pre><code class='language-c'>int a;</code></pre></main><footer>Imprint</footer>"
                )
            )
            .Text;

        Assert.Contains("## Gland", text, StringComparison.Ordinal);
        Assert.Contains("```c\nint a;\n```", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Home", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Imprint", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_are_not_torn_by_tags_nor_glued_by_entities() =>
        Assert.Contains(
            "Die Gewährleistung. The database is kept.",
            Sample
                .Read(
                    "a.html",
                    Page($"<p>Die Gew&auml;hrleistung. The data<b>base</b> is&nbsp;kept.</p><p>{Words} {Words}</p>")
                )
                .Text.Replace('\u00A0', ' '),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_paragraph_is_cited_by_its_lines_in_the_file() =>
        Assert.Equal(
            "L6-L7",
            Sample.Read("a.html", Page($"\n\n<p>{Words}</p>\n<p>late\n{Words}\n</p>")).Locate("late")
        );

    [Fact]
    public void Paragraphs_on_one_line_are_cited_by_that_line() =>
        Assert.Equal("L3", Sample.Read("a.html", Page($"<p>{Words}</p><p>late {Words}</p>")).Locate("late"));

    [Theory]
    [InlineData("<p>{{ title }}</p>")]
    [InlineData("{% block body %}{% endblock %}")]
    [InlineData("<div *ngIf='open'>x</div>")]
    [InlineData("<a href='<%= path %>'>x</a>")]
    public void A_template_is_code(string template)
    {
        var file = Sample.Of("a.html", Page($"{template}<p>{Words} {Words} {Words}</p>"));

        Assert.Null(DocumentFormats.Read(DocumentFormats.Find(file)!, file));
    }

    [Fact]
    public void A_page_that_is_a_program_is_code()
    {
        var file = Sample.Of("a.html", Page("<div id='app'></div><script>" + new string('x', 5000) + "</script>"));

        Assert.Null(DocumentFormats.Read(DocumentFormats.Find(file)!, file));
    }

    [Theory]
    [InlineData("page.php")]
    [InlineData("page.vue")]
    [InlineData("page.cshtml")]
    public void Languages_that_begin_like_HTML_are_none(string name) =>
        Assert.Null(DocumentFormats.Find(Sample.Of(name, Page($"<p>{Words}</p>"))));
}
