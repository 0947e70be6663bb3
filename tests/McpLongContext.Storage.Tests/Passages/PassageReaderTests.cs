using McpLongContext.Storage.Sqlite;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Passages;

/// <summary>Over the passages 1 to 4, the third of which is damaged.</summary>
public sealed class PassageReaderTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly DatastoreSnapshot _snapshot;

    public PassageReaderTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(Put(Document("a", "one", "two", "three", "four")));
        using (var database = Database.Open(DatastoreIdentity.DatabasePath(_datastore.Folder), create: false))
        {
            database.Execute("UPDATE passages SET text = 'thirty' WHERE text = 'three'");
        }

        _snapshot = _datastore.Snapshot();
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_passage_is_read_by_its_id()
    {
        Assert.True(_snapshot.Passages.TryGet(2, out var passage));

        Assert.Equal("two", passage.Text);
        Assert.Equal(passage, _snapshot.Passages.Get(2));
    }

    [Fact]
    public void Passages_are_those_of_a_document() =>
        Assert.Throws<ArgumentNullException>(() => _snapshot.Passages.Of(null!));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void One_that_is_not_there_or_damaged_is_not_read(long id)
    {
        Assert.False(_snapshot.Passages.TryGet(id, out var passage));

        Assert.Null(passage);
        Assert.ThrowsAny<DatastoreException>(() => _snapshot.Passages.Get(id));
    }

    [Theory]
    [InlineData(1, 4, "one two four")]
    [InlineData(2, 3, "two")]
    [InlineData(4, 9, "four")]
    [InlineData(4, 3, "")]
    public void Those_between_two_are_read_around_damage(long first, long last, string texts) =>
        Assert.Equal(
            texts,
            string.Join(' ', _snapshot.Passages.WholeBetween(first, last).Select(passage => passage.Text))
        );
}
