using McpLongContext.Context.Tests.Ingestion.History;
using McpLongContext.Training.Encoders.Pairs;

namespace McpLongContext.Training.Tests.Encoders;

public sealed class CommitPairsTests : IDisposable
{
    private const string First =
        "def first(values):\n    for value in values:\n        return value\n    return None\n\n\n";

    private readonly GitSandbox _git = new();

    public void Dispose() => _git.Dispose();

    [Fact]
    public void A_subject_asks_for_the_passage_with_most_of_the_new_lines()
    {
        _git.Init();
        _git.Write("values.py", First);
        _git.Commit("Add the first value of a list");
        _git.Write(
            "values.py",
            First
                + "def last(values):\n    result = None\n    for value in values:\n        result = value\n    return result\n"
        );
        _git.Commit("Find the last value, too (#12)");
        _git.Commit("Merge branch 'values' into main");
        _git.Write("values.py", First);
        _git.Commit("Bump version to 1.2");

        var pairs = CommitPairs.Read(_git.Tree, CancellationToken.None);

        Assert.Equal(["Find the last value, too"], pairs.Select(pair => pair.Question));
        Assert.Contains("def last(values)", pairs[0].Passage, StringComparison.Ordinal);
        Assert.DoesNotContain("def first", pairs[0].Passage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_repository_has_no_commits() =>
        Assert.Empty(CommitPairs.Read(_git.Folder, CancellationToken.None));
}
