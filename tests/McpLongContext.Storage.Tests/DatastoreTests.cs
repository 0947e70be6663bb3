using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests;

public sealed class DatastoreTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly EmbeddingProfile _profile = StateSamples.Profile();
    private readonly NewDocument _document = Document("a", "one", "two");

    public DatastoreTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(_document));
    }

    private long Generation
    {
        get
        {
            using var snapshot = _datastore.Snapshot();
            return snapshot.Generation;
        }
    }

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_column_of_sources_that_an_older_datastore_lacks_is_added()
    {
        _datastore.ApplySources(new SourceChange { Sources = [new StoredSource("/tree", true, false)] });
        var path = DatastoreIdentity.DatabasePath(_datastore.Folder);
        _datastore.Dispose();
        using (var database = Database.Open(path, create: false))
        {
            database.Execute("ALTER TABLE sources DROP COLUMN roots");
        }

        using var again = _home.Home.Open("test");
        using var snapshot = again.Snapshot();

        Assert.Equal("/tree", Assert.Single(snapshot.Sources()).Path);
    }

    [Fact]
    public void Commits_change_nothing_of_the_documents_generation()
    {
        var before = Generation;

        _datastore.ApplyCommits(new CommitChange(new CommitSource("/tree", "/tree", "a1", IsComplete: true)));
        _datastore.RemoveCommits(["/tree"]);

        Assert.Equal(before, Generation);
    }

    [Fact]
    public void A_closed_datastore_takes_no_calls()
    {
        var held = _datastore.Snapshot();
        _datastore.Dispose();
        _datastore.Dispose();

        Assert.True(_datastore.IsRemoved);
        Assert.Throws<ObjectDisposedException>(() => _datastore.Snapshot());
        Assert.Throws<ObjectDisposedException>(() => _datastore.Apply(Put(_document)));
        Assert.Throws<ObjectDisposedException>(() => _datastore.Verify(repair: false));
        Assert.Throws<ObjectDisposedException>(() => _datastore.Compact());
        Assert.Throws<ObjectDisposedException>(() => _datastore.WriteEmbeddings(_profile));
        Assert.Throws<ObjectDisposedException>(_datastore.ThrowIfRemoved);
        Assert.Equal("onetwo", held.Passages.TextOf(held.Documents.All[0]));
        held.Dispose();
        Assert.Throws<ObjectDisposedException>(() => held.Setting("any"));
    }

    [Fact]
    public void A_setting_is_kept_until_it_is_set_to_nothing()
    {
        Assert.Equal(["first", "second", null], new[] { "first", "second", null }.Select(Set));

        string? Set(string? value)
        {
            _datastore.SetSetting("key", value);
            using var snapshot = _datastore.Snapshot();
            return snapshot.Setting("key");
        }
    }

    [Fact]
    public void An_encoder_that_is_known_is_not_registered_again()
    {
        _datastore.WriteEmbeddings(_profile);
        var before = Generation;
        _datastore.WriteEmbeddings(_profile);
        Assert.Equal(before, Generation);
        Assert.Throws<ArgumentNullException>(() => _datastore.WriteEmbeddings(null!));
    }

    [Fact]
    public void States_that_are_dropped_are_pending_again()
    {
        StateSamples.Encode(_datastore, _profile, _document.ContentKey, 2, 3, 1);
        _datastore.DropEmbeddings(_profile.Key);
        using var snapshot = _datastore.Snapshot();
        Assert.Null(snapshot.Embeddings(_profile.Key));
        Assert.Single(snapshot.Pending(_profile.Key));
        Assert.Empty(snapshot.Statistics().Encoders);
    }

    [Fact]
    public void A_segment_that_vanished_before_its_publication_is_not_published()
    {
        var layout = EmbeddingSegmentLayout.Of(_profile, runs: 1, passages: 2, tokens: 0);
        var run = new SegmentRun(_document.ContentKey, 0, 2, 0);
        var error = Assert.Throws<DatastoreException>(() => _datastore.Publish(_profile, layout, "gone.seg", [run]));
        Assert.Contains("vanished before it was published", error.Message, StringComparison.Ordinal);
        using var snapshot = _datastore.Snapshot();
        Assert.Single(snapshot.Pending(_profile.Key));
    }
}
