using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>Places to write to that give out: what was stored stays, and the message says what to do.</summary>
public sealed class FailingDiskTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public FailingDiskTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(Document("a", "kept")));
    }

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_full_disk_stores_nothing_of_a_change_and_loses_nothing_before_it()
    {
        _datastore.Maintain(database =>
            database.Execute($"PRAGMA max_page_count = {database.Scalar("PRAGMA page_count")}")
        );
        var large = Document("b", Enumerable.Range(0, 200).Select(i => new string('x', 5000) + i).ToArray());
        var error = Assert.Throws<DatastoreException>(() => _datastore.Apply(Put(Document("c", "small"), large)));
        Assert.Contains("disk is full", error.Message, StringComparison.Ordinal);

        _datastore.Maintain(database => database.Execute("PRAGMA max_page_count = 1000000"));
        Assert.Empty(_datastore.Verify(repair: false));
        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal("a", Assert.Single(snapshot.Documents.All).Path);
        }

        _datastore.Apply(Put(large));
    }

    [Fact]
    public void States_that_cannot_be_written_can_be_published_again_later()
    {
        var profile = StateSamples.Profile();
        var writer = _datastore.WriteEmbeddings(profile);
        writer.Add(
            Document("a", "kept").ContentKey,
            0,
            [1],
            new float[StateSamples.Width],
            new float[StateSamples.Width]
        );
        var embeddings = Path.Combine(_datastore.Folder, "states");
        File.WriteAllText(embeddings, "a file where the folder should be");
        Assert.Throws<DatastoreException>(writer.Publish);
        File.Delete(embeddings);
        writer.Publish();
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Pending(profile.Key));
    }

    [Fact]
    public void A_home_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_home.Root, "file");
        File.WriteAllText(file, "");
        var error = Assert.Throws<DatastoreException>(() => new DatastoreHome(file).OpenOrCreate("x"));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Empty(new DatastoreHome(file).List());
    }

    [Fact]
    public void A_datastore_that_was_removed_takes_no_more_changes_even_when_it_was_made_again()
    {
        _home.Home.Remove("test");
        Assert.Throws<DatastoreRemovedException>(() => _datastore.Apply(Put(Document("b", "lost"))));
        using var again = _home.Home.OpenOrCreate("test");
        Assert.Throws<DatastoreRemovedException>(() => _datastore.Apply(Put(Document("b", "lost"))));
        Assert.Throws<DatastoreRemovedException>(() => _datastore.Snapshot());
        Assert.True(_datastore.IsRemoved);
        Assert.False(again.IsRemoved);
    }

    [Fact]
    public void A_folder_that_vanished_is_noticed_before_anything_is_acknowledged()
    {
        Directory.Delete(_datastore.Folder, recursive: true);
        var error = Assert.Throws<DatastoreRemovedException>(() => _datastore.Apply(Put(Document("b", "lost"))));
        Assert.Contains("'test'", error.Message, StringComparison.Ordinal);
    }
}
