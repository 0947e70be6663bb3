using McpLongContext.Context.Retrieval;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.Tests.Retrieval;

public sealed class TestCodeTests
{
    [Theory]
    [InlineData("/repo/tests/Parser.cs", true)]
    [InlineData("/repo/src/App.Tests/Parser.cs", true)]
    [InlineData("/repo/web/__tests__/parser.js", true)]
    [InlineData("/repo/src/ParserTests.cs", true)]
    [InlineData("/repo/src/test_parser.py", true)]
    [InlineData("/repo/src/parser_test.go", true)]
    [InlineData("/repo/src/parser.spec.ts", true)]
    [InlineData("/repo/spec/parser_spec.rb", true)]
    [InlineData("/repo/src/Parser.cs", false)]
    [InlineData("/repo/src/Contest.cs", false)]
    [InlineData("/repo/src/latest/attest.py", false)]
    public void Test_code_is_known_by_its_folders_and_its_name(string path, bool expected) =>
        Assert.Equal(expected, TestCode.Is(Document(path, "Code")));

    [Theory]
    [InlineData("/repo/tests/run", true)]
    [InlineData("/repo/tests/ui/unused.stderr", true)]
    [InlineData("/repo/src/run", false)]
    public void Scripts_without_a_name_and_expected_output_are_test_code_in_its_folders(string path, bool expected) =>
        Assert.Equal(expected, TestCode.Is(Document(path, "Prose")));

    [Fact]
    public void Text_is_never_test_code() => Assert.False(TestCode.Is(Document("/repo/tests/guide.md", "Markdown")));

    [Theory]
    [InlineData("how is a connection reused", false)]
    [InlineData("which tests cover connection reuse", true)]
    [InlineData("benchmarks of the parser", true)]
    public void A_question_that_speaks_of_tests_asks_for_them(string question, bool expected) =>
        Assert.Equal(expected, TestCode.IsAskedFor(QueryAnalyzer.Analyze(question)));

    private static Document Document(string path, string kind) =>
        new()
        {
            Id = 1,
            Path = path,
            Kind = kind,
            ContentKey = default,
            Bytes = 1,
            Modified = DateTimeOffset.UnixEpoch,
            LineCount = 1,
            FirstPassage = 1,
            PassageCount = 1,
        };
}
