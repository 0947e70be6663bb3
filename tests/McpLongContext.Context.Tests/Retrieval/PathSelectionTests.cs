using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>A path as a citation shows it selects its document, whatever characters it has.</summary>
public sealed class PathSelectionTests : IDisposable
{
    private readonly DocumentPaths _paths = new(SampleDatastore.WorkingDirectory);
    private readonly SampleDatastore _sample = new(
        ("routes/[id]/view.tsx", "Code", "a"),
        ("routes/i/view.tsx", "Code", "a"),
        ("routes/[[...all]]/view.tsx", "Code", "a"),
        ("routes/(group)/view.tsx", "Code", "a"),
        ("{{ name }}/setup.py", "Code", "a"),
        ("half{open/one.md", "Prose", "a"),
        ("notes/C# and F#/50% of it? yes!.md", "Prose", "a"),
        ("notes/r\u00e9sum\u00e9.md", "Prose", "a"),
        ("notes/cafe\u0301.md", "Prose", "a"),
        ("notes/\uAC00\uB098.md", "Prose", "a"),
        ("src/a.cs", "Code", "a"),
        ("src/deep/b.md", "Prose", "a")
    );

    public void Dispose() => _sample.Dispose();

    [Theory]
    [InlineData("routes/[id]/view.tsx", "routes/[id]/view.tsx")]
    [InlineData("routes/[id]/**", "routes/[id]/view.tsx")]
    [InlineData("routes/[id]", "routes/[id]/view.tsx")]
    [InlineData("./routes/[id]/*.tsx", "routes/[id]/view.tsx")]
    [InlineData(@"routes/\[id\]/*", "routes/[id]/view.tsx")]
    [InlineData("routes/[[...all]]/view.tsx", "routes/[[...all]]/view.tsx")]
    [InlineData("routes/(group)/*", "routes/(group)/view.tsx")]
    [InlineData("{{ name }}/**", "{{ name }}/setup.py")]
    [InlineData("half{open/one.md", "half{open/one.md")]
    [InlineData("notes/C# and F#/50% of it? yes!.md", "notes/C# and F#/50% of it? yes!.md")]
    [InlineData("notes/C%23%20and%20F%23/**", "notes/C# and F#/50% of it? yes!.md")]
    [InlineData("notes/re\u0301sume\u0301.md", "notes/r\u00e9sum\u00e9.md")]
    [InlineData("notes/caf\u00e9.md", "notes/cafe\u0301.md")]
    [InlineData("notes/\u1100\u1161\u1102\u1161.md", "notes/\uAC00\uB098.md")]
    [InlineData("SRC/A.cs", "src/a.cs")]
    [InlineData("src/a.cs:1-1", "src/a.cs")]
    [InlineData("src/a.cs#L1-L3", "src/a.cs")]
    [InlineData("/project/routes/[id]/view.tsx", "routes/[id]/view.tsx")]
    [InlineData("/project/src/*.cs", "src/a.cs")]
    [InlineData("../project/src/a.cs", "src/a.cs")]
    [InlineData(@"src\a.cs", "src/a.cs")]
    [InlineData("src/**/*.{cs,md}", "src/a.cs src/deep/b.md")]
    [InlineData("/src/*.cs", "src/a.cs")]
    [InlineData("deep/*.md", "")]
    public void A_pattern_selects(string glob, string expected)
    {
        using var snapshot = _sample.Datastore.Snapshot();

        var found = PathGlob.Select(glob, snapshot.Documents.All, _paths).Select(one => _paths.Show(one.Path));

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Theory]
    [InlineData("")]
    [InlineData("src/{a,b")]
    [InlineData("[z-a]")]
    public void A_pattern_that_is_none_is_refused_by_name(string glob)
    {
        using var snapshot = _sample.Datastore.Snapshot();
        var documents = snapshot.Documents.All;

        var error = Assert.Throws<ContextException>(() => PathGlob.Select(glob, documents, _paths));

        Assert.Contains("path_glob", error.Message);
    }
}
