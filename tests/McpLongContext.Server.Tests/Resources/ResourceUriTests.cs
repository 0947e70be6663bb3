using McpLongContext.Context.Contracts;
using McpLongContext.Server.Resources;

namespace McpLongContext.Server.Tests.Resources;

public sealed class ResourceUriTests
{
    [Theory]
    [InlineData("src/Program.cs", "longcontext://default/src/Program.cs")]
    [InlineData("/var/log/a b.txt", "longcontext://default//var/log/a%20b.txt")]
    [InlineData("notes/50% #1?.md", "longcontext://default/notes/50%25%20%231%3F.md")]
    [InlineData("書/café.txt", "longcontext://default/%E6%9B%B8/caf%C3%A9.txt")]
    public void A_document_has_one_address_that_leads_back_to_it(string document, string expected)
    {
        var address = new ResourceUri("default", document);

        Assert.Equal(expected, address.ToString());
        Assert.Equal(address, ResourceUri.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("10-20", 10, 20)]
    [InlineData("7-7", 7, 7)]
    [InlineData("7", 7, 7)]
    public void Lines_stand_in_the_query(string lines, int start, int end)
    {
        var address = ResourceUri.Parse($"longcontext://my%20store/a/b.cs?lines={lines}");

        Assert.Equal(new ResourceUri("my store", "a/b.cs", start, end), address);
        Assert.Equal(address, ResourceUri.Parse(address.ToString()));
    }

    [Fact]
    public void Columns_of_a_long_line_stand_behind_it()
    {
        var address = ResourceUri.Parse("longcontext://default/a.json?lines=1&columns=5021-5483");

        Assert.Equal(new ResourceUri("default", "a.json", 1, 1, (5021, 5483)), address);
        Assert.Equal(address, ResourceUri.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("a.json:1:5021-5483", "a.json", 1, 1, 5021, 5483)]
    [InlineData("src/a.cs:10-20", "src/a.cs", 10, 20, null, null)]
    [InlineData("src/a.cs:10", "src/a.cs", 10, 10, null, null)]
    [InlineData("10:30/a.cs:7-9", "10:30/a.cs", 7, 9, null, null)]
    public void A_citation_is_an_address(string path, string document, int start, int end, int? from, int? to)
    {
        var expected = new ResourceUri("default", document, start, end, from is { } first ? (first, to!.Value) : null);

        Assert.Equal(expected, ResourceUri.Parse("longcontext://default/" + path).OfCitation());
        Assert.Null(ResourceUri.Parse("longcontext://default/src/a.cs").OfCitation());
    }

    [Theory]
    [InlineData("")]
    [InlineData("file:///etc/passwd")]
    [InlineData("longcontext://")]
    [InlineData("longcontext:///a.cs")]
    [InlineData("longcontext://default")]
    [InlineData("longcontext://default/")]
    [InlineData("longcontext://default/a.cs?line=3")]
    [InlineData("longcontext://default/a.cs?lines=")]
    [InlineData("longcontext://default/a.cs?lines=0-3")]
    [InlineData("longcontext://default/a.cs?lines=5-3")]
    [InlineData("longcontext://default/a.cs?lines=1-2-3")]
    [InlineData("longcontext://default/a.cs?lines=-3")]
    [InlineData("longcontext://default/a.cs?lines=1-99999999999")]
    [InlineData("longcontext://default/a.cs?columns=1-3")]
    [InlineData("longcontext://default/a.cs?lines=1&columns=3-1")]
    public void Anything_else_is_refused_with_the_form_that_is_right(string uri)
    {
        var error = Assert.Throws<ContextException>(() => ResourceUri.Parse(uri));

        Assert.StartsWith("uri: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("for example", error.Message, StringComparison.Ordinal);
    }
}
