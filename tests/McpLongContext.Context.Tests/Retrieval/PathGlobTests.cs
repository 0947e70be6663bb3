using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class PathGlobTests
{
    [Theory]
    [InlineData("src/**/*.cs", "src/a.cs")]
    [InlineData("src/**/*.cs", "src/a/b/c.cs")]
    [InlineData("*.md", "README.md")]
    [InlineData("*.md", "docs/deep/guide.md")]
    [InlineData("docs", "docs/deep/guide.md")]
    [InlineData("docs/", "a/docs/guide.md")]
    [InlineData("src/core", "src/core/a.cs")]
    [InlineData("./src/*.cs", "src/a.cs")]
    [InlineData("/src/*.cs", "src/a.cs")]
    [InlineData("src\\*.cs", "src/a.cs")]
    [InlineData("*.{cs,md}", "src/a.md")]
    [InlineData("file[0-9].txt", "file7.txt")]
    [InlineData("file[!0-9].txt", "filex.txt")]
    [InlineData("a?c.txt", "abc.txt")]
    [InlineData("**", "any/thing")]
    [InlineData("src/*.cs", "/elsewhere/src/a.cs")]
    [InlineData("/elsewhere/**", "/elsewhere/src/a.cs")]
    [InlineData("a+b (1).txt", "a+b (1).txt")]
    [InlineData("{src,lib/{core,io}}/*.cs", "lib/io/a.cs")]
    [InlineData("a{,.min}.{js,css}", "a.css")]
    [InlineData("caf?.md", "caf\u00e9.md")]
    [InlineData("[{,]x", "{x")]
    [InlineData(@"\{a,b\}.txt", "{a,b}.txt")]
    [InlineData("a}b,c.txt", "a}b,c.txt")]
    [InlineData("src**.cs", "src/a/b.cs")]
    [InlineData("./", "src/a.cs")]
    public void A_pattern_matches(string glob, string path) => Assert.True(PathGlob.Parse(glob).IsMatch(path));

    [Theory]
    [InlineData("src/*.cs", "src/a/b.cs")]
    [InlineData("src/*.cs", "other/src/a.cs")]
    [InlineData("*.md", "guide.mdx")]
    [InlineData("*.cs", "acs")]
    [InlineData("docs", "mydocs/a.md")]
    [InlineData("a?c.txt", "a/c.txt")]
    [InlineData("file[!0-9].txt", "file7.txt")]
    [InlineData("/src/*.cs", "lib/src/a.cs")]
    [InlineData("{src,lib}/*.cs", "core/a.cs")]
    [InlineData("a[+-9]b", "a/b")]
    public void A_pattern_does_not_match(string glob, string path) => Assert.False(PathGlob.Parse(glob).IsMatch(path));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("src/{a,b")]
    [InlineData("[z-a]")]
    [InlineData("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}")]
    public void A_pattern_that_is_none_is_refused_by_name(string glob)
    {
        var error = Assert.Throws<ContextException>(() => PathGlob.Parse(glob));

        Assert.Contains("path_glob", error.Message);
    }

    [Fact]
    public void A_hostile_pattern_takes_linear_time()
    {
        var glob = PathGlob.Parse(string.Concat(Enumerable.Repeat("*a", 200)));

        Assert.False(glob.IsMatch(new string('a', 5000) + "b"));
    }

    [Theory]
    [InlineData("**a*/", 160)]
    [InlineData("**/*a", 160)]
    public void A_hostile_pattern_over_folders_takes_bounded_time(string part, int times)
    {
        var glob = PathGlob.Parse(string.Concat(Enumerable.Repeat(part, times)) + "b");

        Assert.False(glob.IsMatch(string.Concat(Enumerable.Repeat("a/", 500)) + "c"));
    }
}
