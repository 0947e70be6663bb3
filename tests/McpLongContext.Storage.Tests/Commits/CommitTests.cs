using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Tests.Commits;

/// <summary>Commits of sources, and the search over them.</summary>
public sealed class CommitTests : IDisposable
{
    private static readonly CommitSource s_source = new("/tree", "/tree", "a1", IsComplete: true);

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public CommitTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.ApplyCommits(
            new CommitChange(s_source)
            {
                Add =
                [
                    Commit("a1", "Raise the retry limit", "src/retry.c"),
                    Commit("b2", "Add a cache", "src/cache.c"),
                ],
            }
        );
    }

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData("retry limits", "a1")]
    [InlineData("cache.c", "b2")]
    [InlineData("ada", "a1 b2")]
    [InlineData("pool", "")]
    public void Commits_are_found_by_message_author_and_files(string words, string hashes) =>
        Assert.Equal(hashes, string.Join(' ', Search(words).Order()));

    [Fact]
    public void A_commit_is_read_as_it_was_stored()
    {
        using var snapshot = _datastore.Snapshot();

        var found = Assert.Single(snapshot.Commits.Find("A1", 10));

        var stored = Commit("a1", "Raise the retry limit", "src/retry.c");
        Assert.Equal("/tree", found.Root);
        Assert.Equal(stored with { Files = [] }, found.Commit with { Files = [] });
        Assert.Equal(stored.Files, found.Commit.Files);
        Assert.Equal(stored.Date.Offset, found.Commit.Date.Offset);
    }

    [Fact]
    public void A_commit_of_two_sources_is_found_once()
    {
        _datastore.ApplyCommits(
            new CommitChange(s_source with { Path = "/tree/src" })
            {
                Add = [Commit("b2", "Add a cache", "src/cache.c")],
            }
        );

        Assert.Equal(["b2"], Search("cache"));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(2, snapshot.Commits.Count);
    }

    [Fact]
    public void What_is_removed_is_found_no_more()
    {
        _datastore.ApplyCommits(new CommitChange(s_source) { Remove = ["a1"] });
        Assert.Empty(Search("retry"));

        _datastore.RemoveCommits(["/tree"]);
        Assert.Empty(Search("cache"));
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Commits.Sources());
    }

    [Fact]
    public void Documents_do_not_know_of_commits()
    {
        _datastore.Apply(TemporaryHome.Put(TemporaryHome.Document("a.txt", "the retry limit", "nothing")));
        using var snapshot = _datastore.Snapshot();

        Assert.Equal(1, snapshot.Lexical.DocumentFrequency("retry"));
        Assert.Equal(0, snapshot.Lexical.DocumentFrequency("cache"));
    }

    [Fact]
    public void A_damaged_commit_is_left_out_reported_and_dropped_so_that_its_source_is_read_again()
    {
        using (var database = Database.Open(DatastoreIdentity.DatabasePath(_datastore.Folder), create: false))
        {
            database.Execute("UPDATE commits SET body = 'forged' WHERE hash = 'a1'");
        }

        Assert.Empty(Search("retry"));
        var damage = Assert.Single(_datastore.Verify(repair: true));
        Assert.Equal((DamageCode.Commits, "1", true), (damage.Code, damage.Subject, damage.Repaired));
        Assert.Empty(_datastore.Verify(repair: false));
        Assert.Equal(["b2"], Search("cache"));
        using var snapshot = _datastore.Snapshot();
        Assert.False(Assert.Single(snapshot.Commits.Sources()).IsComplete);
    }

    [Fact]
    public void A_datastore_from_before_gets_the_tables_when_it_is_opened()
    {
        var path = DatastoreIdentity.DatabasePath(_datastore.Folder);
        _datastore.Dispose();
        using (var database = Database.Open(path, create: false))
        {
            database.Execute("DROP TABLE commits; DROP TABLE commit_sources; DROP TABLE commit_terms");
            database.Execute("DELETE FROM counters WHERE key = 'commit_analyzer'");
        }

        using var opened = _home.Home.Open("test");
        using var snapshot = opened.Snapshot();

        Assert.Equal(0, snapshot.Commits.Count);
    }

    private IEnumerable<string> Search(string words)
    {
        using var snapshot = _datastore.Snapshot();
        return [.. snapshot.Commits.Search(TermAnalyzer.Terms(words), 10).Select(found => found.Commit.Hash)];
    }

    private static Commit Commit(string hash, string subject, string file) =>
        new()
        {
            Hash = hash,
            Date = new DateTimeOffset(2024, 1, 31, 9, 0, 0, TimeSpan.FromHours(-3.5)),
            Committed = 1_706_700_000,
            Author = "Ada Byron",
            Subject = subject,
            Body = "Because of the harbor.",
            Files = [new CommitFile('M', file)],
            FileCount = 1,
        };
}
