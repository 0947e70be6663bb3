using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Commits of a Git tree as evidence: when, why and by whom something was changed.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private readonly GitSandbox _sandbox = new();
    private LongContextService _service = null!;

    public ValueTask InitializeAsync()
    {
        _sandbox.Init();
        _sandbox.Write("src/retry.py", "def retry(call, limit=3):\n    return call(limit)\n");
        _sandbox.Write("docs/guide.md", "# Guide\n\nRetries end after a limit.\n");
        _sandbox.Commit("Add retries");
        _sandbox.Write("src/retry.py", "def retry(call, limit=5):\n    return call(limit)\n");
        _sandbox.Commit("Raise the retry limit to five\n\nThe harbor gateway drops three calls in a row on Mondays.");
        _sandbox.Write("src/cache.py", "class Cache:\n    def evict(self):\n        pass\n");
        _sandbox.Commit("Evict the oldest entry first");
        _service = Create();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Dispose();
    }

    [Fact]
    public async Task A_question_about_a_change_is_answered_with_its_commit()
    {
        var report = await IngestAsync();

        var result = await AskAsync("When and why was the retry limit raised or changed?");

        Assert.Equal(3, report.Commits);
        var commit = result.Evidence[0];
        var hash = _sandbox.Git("rev-parse", "HEAD~1").Trim();
        Assert.Equal($"commit {hash[..12]}", commit.Citation);
        Assert.Equal("2024-01-31, Ada Byron", commit.Location);
        Assert.Equal("Raise the retry limit to five", commit.Context);
        Assert.Equal(
            $"""
            commit {hash}
            Author: Ada Byron
            Date: {_sandbox.Git("log", "-1", "--format=%ad", "--date=format:%Y-%m-%d %H:%M:%S", hash).Trim()} +02:00

            Raise the retry limit to five

            The harbor gateway drops three calls in a row on Mondays.

            M src/retry.py
            """,
            commit.Text
        );
        Assert.Contains(result.Evidence, evidence => evidence.Path.EndsWith("src/retry.py", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("where is the retry limit")]
    [InlineData("retry")]
    [InlineData("harbor gateway Mondays")]
    public async Task Another_question_is_answered_as_if_there_were_no_history(string question)
    {
        await IngestAsync();
        var with = await AskAsync(question);
        await _service.DisposeAsync();
        _service = Create(history: false, home: "other");
        await IngestAsync();

        var without = await AskAsync(question);

        Assert.Equal(without.Evidence.Select(Line), with.Evidence.Select(Line));
        Assert.Equal(without.SearchedPassages, with.SearchedPassages);

        static string Line(Evidence evidence) => $"{evidence.Citation} {evidence.Score:R}";
    }

    [Fact]
    public async Task A_commit_is_found_and_read_by_the_beginning_of_its_hash()
    {
        await IngestAsync();
        var hash = _sandbox.Head();

        var result = await AskAsync(hash[..8]);

        Assert.Equal($"commit {hash[..12]}", result.Evidence[0].Citation);
        Assert.Equal(result.Evidence[0].Text, Read($"commit {hash[..12]}"));
        Assert.Equal(result.Evidence[0].Text, Read($"commit {hash}"));
    }

    [Fact]
    public async Task Documents_and_their_counts_do_not_show_commits()
    {
        await IngestAsync();

        var shown = _service.ShowDatastore("default");

        Assert.Equal((3, 3), (shown.Summary.Documents, shown.Summary.Commits));
        Assert.DoesNotContain(
            shown.Documents,
            document => document.Path.StartsWith("commit", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task New_commits_are_found_without_another_ingest()
    {
        await IngestAsync();
        _sandbox.Write("src/cache.py", "class Cache:\n    pass\n");
        var hash = _sandbox.Commit("Remove eviction: memory is cheap");

        var result = await AskAsync("Why was eviction removed?");

        Assert.Equal($"commit {hash[..12]}", result.Evidence[0].Citation);
        Assert.Equal(4, Commits());
    }

    [Fact]
    public async Task Commits_that_a_rebase_has_replaced_are_forgotten()
    {
        await IngestAsync();
        _sandbox.Git("commit", "-q", "--amend", "-m", "Evict the largest entry first");

        var report = await IngestAsync();

        Assert.Equal(3, report.Commits);
        var result = await AskAsync("Which commit changed the entry to evict?");
        Assert.Equal("Evict the largest entry first", result.Evidence[0].Context);
        Assert.DoesNotContain(result.Evidence, evidence => evidence.Context == "Evict the oldest entry first");
    }

    [Fact]
    public async Task A_branch_that_is_checked_out_brings_its_history_along()
    {
        _sandbox.Git("branch", "early", "HEAD~2");
        await IngestAsync();
        _sandbox.Git("checkout", "-q", "early");

        await AskAsync("Which commit changed the limit?");

        Assert.Equal(1, Commits());
        _sandbox.Git("checkout", "-q", "main");
        await AskAsync("Which commit changed the limit?");
        Assert.Equal(3, Commits());
    }

    [Fact]
    public async Task A_folder_has_the_commits_that_touched_it()
    {
        var report = await IngestAsync("docs");

        Assert.Equal(1, report.Commits);
        Assert.Equal("Add retries", (await AskAsync("Who changed the guide?")).Evidence[0].Context);
    }

    [Fact]
    public async Task A_pattern_leaves_the_commits_that_touched_matching_files()
    {
        await IngestAsync();

        var result = await AskAsync("When was this last changed?", "src/cache.py");

        Assert.Equal(
            ["Evict the oldest entry first"],
            result
                .Evidence.Where(evidence => evidence.Path.StartsWith("commit ", StringComparison.Ordinal))
                .Select(e => e.Context)
        );
    }

    [Fact]
    public async Task History_is_turned_off_by_a_setting_and_forgotten_with_the_next_ingest()
    {
        await IngestAsync();
        await _service.DisposeAsync();
        _service = Create(history: false);

        var report = await IngestAsync();

        Assert.Equal((0, 0), (report.Commits, Commits()));
    }

    [Fact]
    public async Task A_removed_source_takes_its_history_along()
    {
        await IngestAsync();

        await _service.RemoveDocumentAsync("default", _sandbox.Tree, TestContext.Current.CancellationToken);

        Assert.Equal(0, Commits());
    }

    [Fact]
    public async Task A_message_with_a_private_key_is_left_out()
    {
        _sandbox.Commit(
            "Rotate the key\n\n-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"
                + "-----END PRIVATE KEY-----"
        );

        var report = await IngestAsync();

        Assert.Equal(3, report.Commits);
        Assert.Contains(report.Notes, note => note.Contains("1 commits were left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_outside_the_roots_is_read_only_where_it_names_the_tree_as_its_worktree()
    {
        var inner = _sandbox.PathOf("tree/../allowed/linked");
        Directory.CreateDirectory(_sandbox.PathOf("allowed/forged"));
        _sandbox.Git("worktree", "add", "-q", inner);
        File.WriteAllText(_sandbox.PathOf("allowed/forged/.git"), $"gitdir: {Path.Combine(_sandbox.Tree, ".git")}\n");
        File.WriteAllText(_sandbox.PathOf("allowed/forged/a.txt"), "Nothing.\n");
        await _service.DisposeAsync();
        _service = Create(root: _sandbox.PathOf("allowed"));

        var forged = await IngestAsync(_sandbox.PathOf("allowed/forged"));
        var linked = await IngestAsync(_sandbox.PathOf("allowed/linked"));

        Assert.Equal((0, 3), (forged.Commits, linked.Commits));
        Assert.Contains(forged.Notes, note => note.Contains("outside the allowed roots", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Objects_behind_a_link_out_of_the_roots_are_not_read(bool packed)
    {
        var copy = _sandbox.PathOf("allowed/copy");
        Directory.CreateDirectory(_sandbox.PathOf("allowed"));
        if (packed)
        {
            _sandbox.Git("gc", "-q");
        }

        _sandbox.Git("clone", "-q", "--no-local", "--no-hardlinks", _sandbox.Tree, copy);
        foreach (var folder in Directory.GetDirectories(Path.Combine(copy, ".git", "objects")))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var folder in Directory.GetDirectories(Path.Combine(_sandbox.Tree, ".git", "objects")))
        {
            Directory.CreateSymbolicLink(Path.Combine(copy, ".git", "objects", Path.GetFileName(folder)), folder);
        }

        await _service.DisposeAsync();
        _service = Create(root: _sandbox.PathOf("allowed"));

        var report = await IngestAsync(copy);

        Assert.Equal(0, report.Commits);
    }

    [Fact]
    public async Task Documents_follow_on_the_next_page_where_commits_fill_the_first()
    {
        await IngestAsync();

        var first = await AskAsync("Which commit raised the retry limit?", topK: 1);
        var second = await AskAsync("Which commit raised the retry limit?", topK: 1, cursor: first.NextCursor);

        Assert.StartsWith("commit ", Assert.Single(first.Evidence).Path, StringComparison.Ordinal);
        Assert.NotNull(first.NextCursor);
        Assert.DoesNotContain("commit ", Assert.Single(second.Evidence).Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_holds_commits_within_its_budget_and_goes_on_with_documents()
    {
        for (var i = 0; i < 20; i++)
        {
            _sandbox.Write("src/retry.py", $"def retry(call, limit={i}):\n    return call(limit)\n");
            _sandbox.Commit(
                $"Change the retry limit to {i}\n\n{string.Concat(Enumerable.Repeat("Because of the harbor. ", 30))}"
            );
        }

        await IngestAsync();

        var result = await AskAsync("Which commits changed the retry limit?", maxTokens: 600);

        Assert.InRange(result.Tokens, 1, 600);
        Assert.InRange(
            result.Evidence.Count(evidence => evidence.Path.StartsWith("commit ", StringComparison.Ordinal)),
            1,
            5
        );
        Assert.Contains(result.Evidence, evidence => evidence.Path.EndsWith("retry.py", StringComparison.Ordinal));
    }

    private LongContextService Create(bool history = true, string home = "home", string? root = null) =>
        new(
            new LongContextOptions
            {
                Home = _sandbox.PathOf(home),
                InstallDefaultEncoder = false,
                History = history,
                WorkingDirectory = root ?? _sandbox.Tree,
                AllowedRoots = [root ?? _sandbox.Tree],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    private int Commits() => _service.ShowDatastore("default").Summary.Commits;

    private string Read(string document) => _service.ReadDocument("default", document, null, null).Text;

    private Task<IngestReport> IngestAsync(string path = ".") =>
        _service.IngestAsync(
            new IngestRequest { Paths = [Path.GetFullPath(path, _sandbox.Tree)], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );

    private Task<QueryResult> AskAsync(
        string question,
        string? glob = null,
        int maxTokens = 4000,
        int? topK = null,
        string? cursor = null
    ) =>
        _service.QueryAsync(
            new QueryRequest
            {
                Question = question,
                PathGlob = glob,
                MaxTokens = maxTokens,
                TopK = topK,
                Cursor = cursor,
            },
            TestContext.Current.CancellationToken
        );
}
