using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class IgnoreFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public IgnoreFileTests() => Directory.CreateDirectory(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512, 0)]
    [InlineData(513, 1)]
    public void A_rule_has_at_most_512_characters(int length, int files)
    {
        _folder.Write(
            "root/.longcontextignore",
            new string('?', 4) + ".txt" + new string('*', length - 8) + "\n.long*\n"
        );
        _folder.Write("root/name.txt", "x");
        Assert.Equal(files, Files().Count);
    }

    [Theory]
    [InlineData(256 * 1024, 0)]
    [InlineData((256 * 1024) + 1, 1)]
    public void A_file_of_rules_has_at_most_256_kilobytes(int length, int files)
    {
        _folder.Write("root/.longcontextignore", "*.txt\n.long*\n".PadRight(length, '\n'));
        _folder.Write("root/name.txt", "x");
        Assert.Equal(files, Files().Count(file => file == "name.txt"));
    }

    [Fact]
    public void Rules_behind_a_link_are_not_read()
    {
        _folder.Write("rules", "*.txt\n");
        _folder.Link("root/.gitignore", "../rules");
        _folder.Write("root/name.txt", "x");
        Assert.Contains("name.txt", Files());
    }

    private List<string> Files() =>
        [
            .. new SourceScanner(new AllowedRoots(_folder.Path))
                .Scan(_folder["root"])
                .OfType<SourceFile>()
                .Select(file => Path.GetRelativePath(_folder["root"], file.Path)),
        ];
}
