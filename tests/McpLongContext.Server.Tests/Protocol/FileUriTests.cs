using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class FileUriTests
{
    [Theory]
    [InlineData("file:///home/ann/notes", "/home/ann/notes")]
    [InlineData("file:///home/ann/my%20notes/%C3%BCber.md", "/home/ann/my notes/über.md")]
    [InlineData("file://localhost/home/ann", "/home/ann")]
    [InlineData("FILE:/home/ann", "/home/ann")]
    [InlineData("file:///C:/notes/a.cs", "C:/notes/a.cs")]
    [InlineData("file:///home/ann/C%23/**/*.md", "/home/ann/C#/**/*.md")]
    public void A_file_uri_is_read_as_its_path(string uri, string path) => Assert.Equal(path, FileUri.ToPath(uri));

    [Theory]
    [InlineData("docs/a%20b.md")]
    [InlineData("/home/ann")]
    [InlineData("file:notes")]
    [InlineData("file://server/share")]
    [InlineData("https://example.org/a")]
    [InlineData("")]
    public void Other_texts_stay(string text) => Assert.Equal(text, FileUri.ToPath(text));
}
