using System.Diagnostics;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Tests.Freshness;

/// <summary>The commit and the state of a working tree, as <c>git status</c> tells them.</summary>
public sealed class GitStateTests : IAsyncLifetime
{
    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("git-state-");
    private LongContextService _service = null!;

    private string Tree => Path.Combine(_sandbox.FullName, "tree");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Tree);
        Write("readme.md", "# Harbour\n\nThe harbour opens at dawn.\n");
        Write("src/deep/a.txt", "One.\n");
        Write("src/deep.txt", "Two.\n");
        Write("src/picture.png", "not read");
        Git("init", "-q", "-b", "main");
        Git("add", ".");
        Git("commit", "-qm", "one");
        _service = TestService.Create(_sandbox.FullName, _sandbox.FullName, encodes: false);
        await IngestAsync(Tree);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task A_clean_tree_is_told_with_its_commit_and_branch()
    {
        var state = await StateAsync();

        Assert.Equal(Git("rev-parse", "HEAD").Trim(), state.Commit);
        Assert.Equal(("main", false), (state.Branch, state.Dirty));
    }

    [Theory]
    [InlineData("an edited file")]
    [InlineData("an edited file that is not read")]
    [InlineData("a touched file")]
    [InlineData("a deleted file")]
    [InlineData("an untracked file")]
    [InlineData("a staged file")]
    [InlineData("a staged file that was put back")]
    [InlineData("an announced file")]
    [InlineData("a second commit")]
    [InlineData("packed commits")]
    [InlineData("no branch")]
    [InlineData("a merge conflict")]
    [InlineData("an index of version 4")]
    public async Task A_tree_is_dirty_when_Git_says_so(string change)
    {
        await StateAsync();

        Make(change);

        var state = await StateAsync();
        Assert.Equal(Git("rev-parse", "HEAD").Trim(), state.Commit);
        Assert.Equal(Git("status", "--porcelain").Length > 0, state.Dirty);
    }

    [Fact]
    public async Task A_linked_worktree_has_its_own_state()
    {
        Git("worktree", "add", "-q", "../other", "-b", "topic");
        var other = Path.Combine(_sandbox.FullName, "other");
        await IngestAsync(other);
        File.AppendAllText(Path.Combine(other, "readme.md"), "More.\n");

        var result = await AskAsync();

        Assert.Equal(
            [("other", "topic", true), ("tree", "main", false)],
            result.Freshness!.Git.Select(state => (state.Root, state.Branch, state.Dirty!.Value)).Order()
        );
    }

    private void Make(string change)
    {
        switch (change)
        {
            case "an edited file":
                Write("readme.md", "# Harbour\n\nThe harbour opens at noon.\n");
                break;
            case "an edited file that is not read":
                Write("src/picture.png", "is not read");
                break;
            case "a touched file":
                File.SetLastWriteTimeUtc(Path.Combine(Tree, "readme.md"), DateTime.UtcNow.AddMinutes(-1));
                break;
            case "a deleted file":
                File.Delete(Path.Combine(Tree, "src/deep.txt"));
                break;
            case "an untracked file":
                Write("src/new.txt", "New.\n");
                break;
            case "a staged file":
                Write("src/new.txt", "New.\n");
                Git("add", ".");
                break;
            case "a staged file that was put back":
                Write("src/deep.txt", "Three.\n");
                Git("add", ".");
                Write("src/deep.txt", "Two.\n");
                break;
            case "an announced file":
                Write("src/new.txt", "New.\n");
                Git("add", "--intent-to-add", "src/new.txt");
                break;
            case "a second commit":
                Write("src/deep/b.txt", "Four.\n");
                Git("add", ".");
                Git("commit", "-qm", "two");
                break;
            case "packed commits":
                for (var i = 0; i < 20; i++)
                {
                    Write("src/deep.txt", $"{i}.\n");
                    Git("commit", "-qam", $"A message that is long enough to be kept as a change of another one, {i}");
                }

                Git("gc", "-q", "--aggressive", "--prune=now");
                break;
            case "no branch":
                Git("checkout", "-q", "--detach");
                break;
            case "a merge conflict":
                Git("checkout", "-qb", "topic");
                Write("src/deep.txt", "Five.\n");
                Git("commit", "-qam", "five");
                Git("checkout", "-q", "main");
                Write("src/deep.txt", "Six.\n");
                Git("commit", "-qam", "six");
                Git("merge", "-q", "topic");
                break;
            case "an index of version 4":
                Git("update-index", "--index-version", "4");
                break;
            default:
                throw new ArgumentException(change, nameof(change));
        }
    }

    private async Task<GitState> StateAsync() => Assert.Single((await AskAsync()).Freshness!.Git);

    private Task<QueryResult> AskAsync() =>
        _service.QueryAsync(new QueryRequest { Question = "harbour" }, TestContext.Current.CancellationToken);

    private Task<IngestReport> IngestAsync(string path) =>
        _service.IngestAsync(
            new IngestRequest { Paths = [path], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );

    private string Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Tree,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-c", "user.name=Test", "-c", "user.email=test@localhost", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private void Write(string relative, string content)
    {
        var path = Path.Combine(Tree, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
